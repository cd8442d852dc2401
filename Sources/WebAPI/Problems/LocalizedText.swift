package import Telephony

/// A text for people, in the languages of the product.
package struct LocalizedText: Hashable, Sendable {
    package var ru: String
    package var en: String

    package init(ru: String, en: String) {
        self.ru = ru
        self.en = en
    }

    /// The text in one language.
    package subscript(language: Language) -> String {
        switch language {
        case .ru: self.ru
        case .en: self.en
        }
    }
}
