/// First in, first out, both ends in constant time.
struct Queue<Element> {
    private var storage: [Element?] = []
    private var head = 0

    var count: Int { self.storage.count - self.head }

    var isEmpty: Bool { self.count == 0 }

    var first: Element? { self.isEmpty ? nil : self.storage[self.head] }

    var elements: [Element] { self.storage[self.head...].compactMap(\.self) }

    mutating func append(_ element: Element) {
        self.storage.append(element)
    }

    mutating func popFirst() -> Element? {
        guard !self.isEmpty else {
            return nil
        }
        let element = self.storage[self.head]
        self.storage[self.head] = nil
        self.head += 1
        if self.head == self.storage.count {
            self.storage.removeAll(keepingCapacity: true)
            self.head = 0
        } else if self.head > 64, self.head > self.storage.count / 2 {
            self.storage.removeFirst(self.head)
            self.head = 0
        }
        return element
    }

    /// Changes the first element in place.
    mutating func updateFirst<Result>(_ change: (inout Element) -> Result) -> Result? {
        guard !self.isEmpty, var element = self.storage[self.head] else {
            return nil
        }
        self.storage[self.head] = nil
        defer { self.storage[self.head] = element }
        return change(&element)
    }

    /// Changes the first element that matches; nil when none does.
    mutating func update<Result>(
        where matches: (Element) -> Bool,
        _ change: (inout Element) -> Result
    ) -> Result? {
        for index in self.storage.indices[self.head...] {
            guard var element = self.storage[index], matches(element) else {
                continue
            }
            defer { self.storage[index] = element }
            return change(&element)
        }
        return nil
    }

    /// Takes the first element that matches out.
    mutating func remove(where matches: (Element) -> Bool) -> Element? {
        let elements = self.elements
        guard let index = elements.firstIndex(where: matches) else {
            return nil
        }
        self.storage = elements.enumerated().filter { $0.offset != index }.map(\.element)
        self.head = 0
        return elements[index]
    }

    mutating func removeAll() -> [Element] {
        defer {
            self.storage = []
            self.head = 0
        }
        return self.elements
    }
}
