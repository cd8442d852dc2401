/// Compares the rows of an extension, or of an agent, with what is wanted and says what to do (section 3 of the decisions;
/// vendor's events page: "you must not delete or update events not belonging to this integration").
///
/// A row is ours when the last component of its URL's path is one of our tokens, whatever its host; no other row ever
/// appears in a step. What is wanted is added as a whole or not at all, since a partial set cannot register calls. A plan
/// over the result of this plan only keeps.
///
/// - Parameters:
///   - wanted: The events the sender is to have, which also say the kind of URL they go to; empty to take all our rows away.
///   - liveToken: The token that rows are to carry; nil when there is none, then nothing is created or changed.
///   - tokens: All tokens of this sender, live and retired.
///   - publicURL: The base of event URLs.
///   - rows: The complete list of the sender's rows.
///   - limit: How many rows the PBX allows there; `Int.max` when it sets no limit.
/// - Returns: The steps, in the order in which they are to be taken, and what they lead to.
package func planSubscriptions<Kind: EventKind>(
    wanted: [Kind],
    liveToken: EventToken?,
    tokens: Set<EventToken>,
    publicURL: String,
    rows: [SubscriptionRow],
    limit: Int
) -> SubscriptionPlan {
    let owned = OwnedRows(rows: rows, tokens: liveToken.map { tokens.union([$0]) } ?? tokens)
    let target = liveToken.map { RowTarget(token: $0, url: $0.eventURL(publicURL: publicURL, for: Kind.self)) }
    let kinds = Kind.allCases.filter(wanted.contains).map(\.rawValue)

    var keeps: [SubscriptionPlan.Step] = []
    var updates: [SubscriptionPlan.Step] = []
    /// Duplicates with the URL that a row is changed to: they go before, for the PBX is not to have two equal rows.
    var deletesBeforeUpdates: [SubscriptionPlan.Step] = []
    var deletes: [SubscriptionPlan.Step] = []
    var absent: [String] = []
    for kind in kinds {
        let candidates = owned.ours.filter { $0.kind == kind }
        guard let first = candidates.first else {
            absent.append(kind)
            continue
        }
        let updateReason = target?.reasonToUpdate(first)
        if let reason = updateReason {
            updates.append(.init(action: .update(rowID: first.row.id, eventType: kind), reason: reason))
        } else {
            keeps.append(.init(action: .keep(rowID: first.row.id, eventType: kind), reason: .right))
        }
        for duplicate in candidates.dropFirst() {
            let step = SubscriptionPlan.Step(
                action: .delete(rowID: duplicate.row.id, eventType: kind),
                reason: .duplicate
            )
            if updateReason != nil, target?.url.comparable == duplicate.url.comparable {
                deletesBeforeUpdates.append(step)
            } else {
                deletes.append(step)
            }
        }
    }
    deletes += owned.ours.filter { row in !kinds.contains(row.kind) }.map { row in
        .init(action: .delete(rowID: row.row.id, eventType: row.kind), reason: .unwanted)
    }

    let before = owned.slots(limit: limit, removed: 0, added: 0)
    let removed = deletesBeforeUpdates.count + deletes.count
    let freed = owned.slots(limit: limit, removed: removed, added: 0)
    let canCreate = target != nil && absent.count <= freed.free
    let creates: [SubscriptionPlan.Step] =
        canCreate
        ? absent.map { .init(action: .create(eventType: $0), reason: .missing) } : []
    let hasRoomAtOnce = creates.count <= before.free
    return SubscriptionPlan(
        steps: keeps + deletesBeforeUpdates + updates + (hasRoomAtOnce ? creates + deletes : deletes + creates),
        before: before,
        after: owned.slots(limit: limit, removed: removed, added: creates.count),
        missing: canCreate ? [] : absent,
        limitProblem: target != nil && !canCreate ? limitProblem(slots: freed, missing: absent) : nil
    )
}

private func limitProblem(
    slots: SubscriptionPlan.Slots,
    missing: [String]
) -> SubscriptionPlan.LimitProblem {
    SubscriptionPlan.LimitProblem(
        limit: slots.limit,
        used: slots.used,
        ours: slots.ours,
        needed: missing.count,
        free: slots.free,
        foreignHosts: slots.foreignHosts,
        missing: missing
    )
}

/// The rows that a token of the extension proves ours, by id, the lowest first.
///
/// - Parameters:
///   - rows: The complete list of the extension's rows.
///   - tokens: All tokens of this extension, live and retired.
/// - Returns: Our rows, each with its token.
package func ownedRows(
    _ rows: [SubscriptionRow],
    tokens: Set<EventToken>
) -> [(row: SubscriptionRow, token: EventToken)] {
    OwnedRows(rows: rows, tokens: tokens).ours.map { ($0.row, $0.token) }
}

/// A row that is proven ours.
private struct OwnRow {
    let row: SubscriptionRow
    let url: EventURL
    let token: EventToken
    let kind: String
}

/// What a row of ours is to be.
private struct RowTarget {
    let token: EventToken
    let url: EventURL

    init(token: EventToken, url: String) {
        self.token = token
        self.url = EventURL(url)
    }

    /// Why the row has to be changed in place; nil when it is right.
    func reasonToUpdate(_ own: OwnRow) -> SubscriptionPlan.Reason? {
        if own.token != self.token {
            return .tokenRotated
        }
        if own.url.comparable != self.url.comparable {
            return .addressChanged
        }
        return own.row.method.trimmed().uppercased() == "POST" ? nil : .methodChanged
    }
}

/// The rows of an extension, told apart by whose they are.
private struct OwnedRows {
    /// By id, the lowest first.
    let ours: [OwnRow]
    let foreignHosts: [String: Int]
    let count: Int

    init(rows: [SubscriptionRow], tokens: Set<EventToken>) {
        var ours: [OwnRow] = []
        var foreignHosts: [String: Int] = [:]
        for row in rows {
            let url = EventURL(row.url)
            if let token = url.token, tokens.contains(token) {
                let kind = row.eventType.trimmed().lowercased()
                ours.append(OwnRow(row: row, url: url, token: token, kind: kind))
            } else {
                foreignHosts[url.host ?? "unknown", default: 0] += 1
            }
        }
        self.ours = ours.sorted { $0.row.id < $1.row.id }
        self.foreignHosts = foreignHosts
        self.count = rows.count
    }

    func slots(limit: Int, removed: Int, added: Int) -> SubscriptionPlan.Slots {
        let used = self.count - removed + added
        return SubscriptionPlan.Slots(
            limit: limit,
            used: used,
            ours: self.ours.count - removed + added,
            foreign: self.count - self.ours.count,
            foreignHosts: self.foreignHosts,
            free: max(0, limit - used)
        )
    }
}
