// Rule 9: which calls stay inside the PBX (vendor's events page, "external calls only").

extension PhoneLeg {
    /// Both parties are extensions of this PBX. One of them is always the phone itself, so the other one's number decides:
    /// the caller's of an incoming leg (vendor's dial-in page), the called one's of an outgoing leg (vendor's dial-out
    /// page: "CalledNumber equals an extension of this PBX"). An outside RemoteNumber means that a transfer put an outside
    /// party on the line.
    func isInternalCall(in directory: ExtensionDirectory) -> Bool {
        if let remote = self.first(\.remoteNumber), !directory.isInternal(number: remote) {
            return false
        }
        let number = self.direction == .incoming ? self.first(\.callerIDNum) : self.first(\.calledNumber)
        return number.map(directory.isInternal(number:)) ?? false
    }

    /// A forward from one extension to another: all three signs together. A queue that rings a phone gives both ids as
    /// well, so the ids alone mean nothing.
    var isInternalForward: Bool {
        self.isTransferred && self.first(\.calledExtensionID) != nil && self.first(\.callerExtensionID) != nil
    }

    /// Rule 10: a forward to a number outside the PBX.
    var isOutsideForward: Bool {
        self.direction == .outgoing && self.isTransferred && self.first(\.calledExtensionID) == nil
    }
}

extension CallEvent {
    /// Whether the caller that an IVR or a queue reports is of this PBX.
    func hasInternalCaller(in directory: ExtensionDirectory) -> Bool {
        if let remote = self.remoteNumber, !directory.isInternal(number: remote) {
            return false
        }
        return self.callerIDNum.map(directory.isInternal(number:)) ?? false
    }
}
