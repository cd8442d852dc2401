extension SubscriptionPlan {
    /// Why a step is taken.
    package enum Reason: String, CaseIterable, Hashable, Sendable {
        case missing
        case right
        case tokenRotated = "token_rotated"
        case addressChanged = "address_changed"
        case methodChanged = "method_changed"
        case duplicate
        case unwanted

        /// The reason as a sentence for people.
        package func text(in language: Language) -> String {
            switch (self, language) {
            case (.missing, .en): "The event is wanted, and the PBX does not send it yet."
            case (.missing, .ru): "Событие нужно, а АТС его ещё не отправляет."
            case (.right, .en): "The PBX sends the event as wanted."
            case (.right, .ru): "АТС отправляет событие так, как нужно."
            case (.tokenRotated, .en): "The secret address of the extension was renewed."
            case (.tokenRotated, .ru): "Секретный адрес добавочного обновлён."
            case (.addressChanged, .en): "The public address of this server changed."
            case (.addressChanged, .ru): "Изменился публичный адрес этого сервера."
            case (.methodChanged, .en): "The event is sent with another HTTP method than POST."
            case (.methodChanged, .ru): "Событие отправляется не методом POST."
            case (.duplicate, .en): "The same event is registered more than once."
            case (.duplicate, .ru): "Это событие зарегистрировано больше одного раза."
            case (.unwanted, .en): "The event is no longer wanted for this extension."
            case (.unwanted, .ru): "Событие для этого добавочного больше не нужно."
            }
        }
    }
}
