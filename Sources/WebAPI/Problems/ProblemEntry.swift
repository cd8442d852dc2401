import Storage

/// What people read about a code: in an answer, in the list of a tenant's problems, and on the code's page.
struct ProblemEntry: Hashable, Sendable {
    /// A few words.
    var title: LocalizedText
    /// What happened.
    var meaning: LocalizedText
    /// What to do about it.
    var remedy: LocalizedText

    init(_ title: LocalizedText, meaning: LocalizedText, remedy: LocalizedText) {
        self.title = title
        self.meaning = meaning
        self.remedy = remedy
    }

    /// What happened and what to do about it.
    var advice: LocalizedText {
        LocalizedText(ru: "\(self.meaning.ru) \(self.remedy.ru)", en: "\(self.meaning.en) \(self.remedy.en)")
    }

    /// The entry of any code that has a page; nil for an unknown one.
    static func entry(of code: String) -> ProblemEntry? {
        ProblemCode(rawValue: code)?.entry ?? Problem.Code(rawValue: code)?.entry
    }
}
