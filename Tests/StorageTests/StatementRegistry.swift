import FoundationEssentials
import Postgres
import Telephony

@testable import Storage

/// One value of each statement of the target; the values do not matter, only their types.
enum StatementRegistry {
    static let tenantID = TenantID(rawValue: "807")
    static let scope = TenantScope(tenantID: TenantID(rawValue: "807"))
    static let extensionID = ExtensionID(rawValue: 85_219)
    static let digest = SecretDigest(of: "x")
    static let claimID = UUID()
    static let json = PostgresJSON(bytes: Array("{}".utf8))
    static let keys = [CallKey(scope: scope, callID: CallID(rawValue: "c1"))]
    static let reconcileClaim = ReconcileClaim(
        scope: scope,
        extensionID: extensionID,
        claimID: claimID,
        generation: 1,
        attempts: 0,
        isInteractive: true,
        isDriftCheck: false
    )
    static let budgetOwner = PBXBudgetOwner(pbxURL: "u", pbxClient: "c")
    static let livePlace = LivePlace(seen: CommitSnapshot(written: "1:1:"), instant: Timestamp(microseconds: 0))
    static let problem = Problem(code: .accessDenied, data: json)

    static var all: [any Statement] {
        Self.tenants + Self.keysAndAudit + Self.mappings + Self.reconcile + Self.removal + Self.agents + Self.calls
            + Self.live + Self.inquiries + Self.recordings + Self.replays + Self.idempotency + Self.schema
    }

    private static let tenants: [any Statement] = [
        PutTenant(
            definition: TenantStore.Definition(
                id: tenantID,
                name: "n",
                locale: .ru,
                timeZone: "UTC",
                status: .active,
                pbx: Tenant.PBX(url: nil, clientID: "@me", appID: "a", sealedAppSecret: "s"),
                settings: TenantSettings()
            ),
            version: nil
        ),
        FindTenant(id: tenantID),
        HoldTenant(id: tenantID),
        FindWakeUpKey(),
        NotifyOfTenant(channel: "c", tenantID: tenantID),
        CountSealedSecrets(),
        ClaimAppSecrets(after: nil, currentKey: "k", limit: 1),
        ClaimEventTokens(after: [], currentKey: "k", limit: 1),
        ClaimAgentTokens(after: [], currentKey: "k", limit: 1),
        ResealAppSecrets([]),
        ResealEventTokens([]),
        ResealAgentTokens([]),
        TimeZoneExists(name: "UTC"),
        SampleSealedSecrets(),
        SampleEverySecret(),
        ListTenants(after: nil, limit: 1),
        EnsureTenantRows(id: tenantID),
        PutUser(tenantID: "807", user: User(id: UserID(rawValue: "u"), name: "n", email: nil)),
        FindUser(tenantID: "807", id: UserID(rawValue: "u")),
        ListUsers(tenantID: "807", after: nil, limit: 1),
        ExistingUsers(tenantID: "807", ids: []),
        FindUsers(tenantID: "807", ids: []),
        LockUsers(tenantID: "807", ids: []),
        PutUsers(tenantID: "807", users: []),
        ListExtensions(tenantID: "807"),
        FindDirectoryStatus(tenantID: "807"),
        RequestDirectorySync(id: tenantID),
        ClaimDirectories(claimID: claimID, leaseSeconds: 1, limit: 1),
        FinishDirectory(tenantID: tenantID, claimID: claimID, errorCode: nil, nextInSeconds: 1),
        WriteExtensions(tenantID: tenantID, listing: []),
        NoteReassembly(tenantID: tenantID, claimID: claimID, listing: []),
        LockChangedDirectories(),
        RequestAssemblyAfterListings(tenants: ["807"]),
        RequestDirectories(tenants: ["807"]),
        ResolvePBXClient(tenantID: tenantID, version: 1, pbxClient: "1"),
        RequestReconcileOfChanged(tenantID: tenantID, listing: []),
        TenantExists(tenantID: tenantID), IsOwner(),
        CreateConnectorRole(roleName: "r", verifier: "p"),
        InsertConnectorRole(tenantID: tenantID, roleName: "r"),
        RevokeConnectorRole(tenantID: tenantID, roleName: "r"),
        ListConnectorRoles(tenantID: nil),
    ]

    private static let keysAndAudit: [any Statement] = [
        CreateAPIKey(
            secret: {
                var generator = SystemRandomNumberGenerator()
                return APIKeySecret.generate(role: .admin, using: &generator)
            }(),
            role: .admin,
            tenantID: tenantID,
            name: "n",
            expiresAt: nil
        ),
        ListAPIKeys(tenantID: nil),
        RevokeAPIKey(id: "k", tenantID: nil),
        AuthenticateAPIKey(digest: digest),
        NoteAPIKeyUse(id: "k"),
        AppendAudit(tenantID: "807", entry: AuditEntry(actor: "a", action: "b", target: "c")),
        ListAuditLines(tenantID: "807", filter: AuditFilter(), position: nil, limit: 1),
        ListAllAuditLines(filter: AuditFilter(), position: nil, limit: 1),
        DeleteUser(tenantID: "807", id: UserID(rawValue: "u")),
        ListEvents(tenantID: "807", filter: EventFilter(), position: nil, end: nil, limit: 1),
        ListEventsOfCall(tenantID: "807", filter: EventFilter(), position: nil, limit: 1),
        FindEventPosition(tenantID: "807", filter: EventFilter(), position: nil, distance: 1),
    ]

    static let idempotencyClaim = IdempotencyClaim(
        request: IdempotentRequest(tenantID: nil, principal: "p", key: "k", method: "POST", target: "/", body: []),
        claimID: claimID
    )

    private static let idempotency: [any Statement] = [
        LockIdempotencyKey(request: idempotencyClaim.request),
        FindIdempotentRequest(request: idempotencyClaim.request),
        DeleteIdempotentRequest(request: idempotencyClaim.request),
        InsertIdempotentRequest(claim: idempotencyClaim, leaseSeconds: 1),
        ProlongIdempotencyClaim(claim: idempotencyClaim, leaseSeconds: 1),
        KeepIdempotentAnswer(claim: idempotencyClaim, answer: IdempotentAnswer(status: 200, headers: [], body: [])),
        ReleaseIdempotencyClaim(claim: idempotencyClaim),
        DropOldIdempotentRequests(),
    ]

    private static let mappings: [any Statement] = [
        FindMappingSetVersion(tenantID: "807"),
        LockMappingSet(tenantID: "807"),
        RaiseMappingSetVersion(tenantID: "807"),
        ListMappings(tenantID: "807"),
        ReadClock(),
        CloseMappings(tenantID: "807", extensionIDs: [], at: Timestamp(microseconds: 0)),
        OpenMappings(tenantID: "807", mappings: [], at: Timestamp(microseconds: 0)),
        FindEventTokenVersion(),
        ListEventTokenOwners(),
        ListExtensionTokens(tenantID: tenantID, extensionID: extensionID),
        RetireEventTokens(tenantID: "807", extensionIDs: []),
        InsertEventTokens(tenantID: "807", tokens: []),
    ]

    private static let reconcile: [any Statement] = [
        RequestReconcile(tenantID: "807", changed: [], mapped: []),
        RequestTenantReconcile(tenantID: tenantID),
        ListSubscriptionStates(tenantID: "807"),
        ClaimReconciles(claimID: claimID, leaseSeconds: 1, limit: 1, perTenant: 1),
        RenewReconcileClaim(claim: reconcileClaim, leaseSeconds: 1),
        LockReconcileClaim(claim: reconcileClaim),
        ReleaseReconcile(claim: reconcileClaim, retryAfterSeconds: nil),
        FindReconcileFacts(tenantID: tenantID, extensionID: extensionID),
        ReplaceSubscriptions(tenantID: tenantID, extensionID: extensionID, eventIDs: [], eventTypes: []),
        WriteSubscriptionState(
            tenantID: tenantID,
            state: SubscriptionState(extensionID: extensionID, state: .active, generation: 1),
            foreignHosts: json
        ),
        RequestDriftChecks(olderThanSeconds: 1),
        ListProblems(tenantID: "807"),
        OpenProblem(tenantID: tenantID, extensionID: extensionID, problem: problem),
        CloseExtensionProblems(tenantID: tenantID, extensionID: extensionID, exceptCode: nil),
        FindBudget(owner: budgetOwner),
        LockBudget(owner: budgetOwner),
        LockTurn(owner: budgetOwner, resource: "r"),
        TakeTurn(owner: budgetOwner, resource: "r", holder: claimID, seconds: 1),
        GiveBackTurn(owner: budgetOwner, resource: "r", holder: claimID),
        NeedTurns(owner: budgetOwner, resource: "r"),
        TakeRequest(owner: budgetOwner),
        GiveBackRequest(owner: budgetOwner),
        RecordBudget(owner: budgetOwner, news: PBXBudgetNews()),
        InsertUnsettledSubscription(claim: reconcileClaim, eventID: 1, eventType: "hangup"),
        DeleteSubscription(claim: reconcileClaim, eventID: 1),
        NoteUnusedTokens(claim: reconcileClaim, digests: [], seen: []),
        ForgetUnusedTokens(unusedForSeconds: 1),
        AdoptPublicURL(url: "u"),
    ]

    private static let removal: [any Statement] = [
        LockTenant(id: tenantID),
        BeginTenantRemoval(id: tenantID),
        ListRemainingRows(tenantID: tenantID),
        ListRemainingExtensions(tenantID: tenantID),
        ListRemainingAgents(tenantID: tenantID),
        CountTenantRows(tenantID: tenantID),
        ListErasableTenants(),
        EraseTenantRows(tenantID: tenantID, batch: 1),
        FinishTenantRemoval(tenantID: tenantID, batch: 1),
    ]

    private static let silenceCheck = SilenceCheck(
        scope: scope,
        claimID: claimID,
        failedAttempts: 0,
        now: Timestamp(microseconds: 0)
    )

    private static let live: [any Statement] = [
        ReadLivePlace(),
        ListFreshCalls(tenantID: "807", place: livePlace, limit: 1),
        ListLiveEvents(tenantID: "807", calls: [CallID(rawValue: "c1")], place: livePlace),
        ListPresenceChanges(tenantID: "807", place: livePlace),
        FindLiveNews(tenants: ["807"], place: livePlace),
    ]

    private static let inquiries: [any Statement] = [
        CloseHeardSilences(),
        EnsureSilenceChecks(),
        ClaimSilenceChecks(claimID: claimID, leaseSeconds: 1, limit: 1),
        ListQuietExtensions(tenantID: tenantID),
        ReleaseSilenceCheck(check: silenceCheck, isDone: true, nextInSeconds: 1),
        CloseSilences(tenantID: tenantID, except: []),
        InsertInquiry(tenantID: "807", inquiryID: claimID, kind: "plan", body: json),
        FindAnswer(tenantID: "807", inquiryID: claimID),
        DeleteInquiry(tenantID: "807", inquiryID: claimID),
        ClaimInquiries(limit: 1),
        AnswerInquiry(tenantID: tenantID, inquiryID: claimID, answer: json),
        DropOldInquiries(),
        FindEventOfCall(tenantID: tenantID, callID: "c"),
    ]

    static let agentID = AgentID(rawValue: 136)
    static let agentClaim = AgentClaim(
        scope: scope,
        claimID: claimID,
        generation: 1,
        attempts: 0,
        wasSynced: true
    )

    private static let agents: [any Statement] = [
        ListAgentTokenOwners(),
        ListAgentTokens(tenantID: tenantID, agentID: agentID),
        RetireAgentTokens(tenantID: tenantID, agentIDs: []),
        NoteUnusedAgentTokens(tenantID: tenantID, agentID: agentID, digests: [], seen: []),
        ForgetUnusedAgentTokens(unusedForSeconds: 1),
        InsertAgentTokens(tenantID: tenantID, tokens: []),
        InsertAgentEvent(
            owner: AgentTokenOwner(scope: scope, agentID: agentID),
            event: .understood(.available, fields: EventFields([])),
            source: nil
        ),
        DeleteOldAgentEvents(olderThanSeconds: 1),
        ListAgents(tenantID: "807", after: nil, limit: 1),
        RequestAgentSync(tenantID: tenantID),
        ClaimAgentSyncs(claimID: claimID, leaseSeconds: 1, limit: 1),
        RenewAgentClaim(claim: agentClaim, leaseSeconds: 1),
        LockAgentClaim(claim: agentClaim),
        MarkAgentsGone(tenantID: tenantID, listed: []),
        WriteAgents(tenantID: tenantID, listing: []),
        ListAgentsWithoutToken(tenantID: tenantID),
        ListDueAgents(claim: agentClaim, areWanted: true),
        BeginAgentSubscription(claim: agentClaim, agentID: agentID),
        FinishAgent(claim: agentClaim, agentID: agentID, isSubscribed: true),
        FinishAgentSync(claim: agentClaim, outcome: .settled(nextInSeconds: nil)),
        OpenSubjectProblem(tenantID: tenantID, subject: .agents, problem: problem),
    ]

    private static let calls: [any Statement] = [
        InsertEvents(batch: EventBatch()),
        InsertLateEvents(events: []),
        EnsureEventPartitions(daysAhead: 1),
        DropEventPartition(retentionSeconds: 86_400),
        ClaimAssembly(limit: 1, now: nil),
        LockCalls(keys: keys),
        DeleteDueRows(keys: keys),
        LoadEvents(keys: keys),
        LoadStoredCalls(keys: keys),
        LoadSettings(tenants: ["807"]),
        LoadDirectories(tenants: ["807"]),
        LoadHistory(extensions: []),
        InsertDueRows(due: []),
        NoteExtensionActivity(latest: []),
        PutOffAssembly(keys: keys, maximumBackoffSeconds: 60),
        FindBacklog(),
        LockFeeds(tenants: ["807"]),
        WriteCalls(changes: []),
        NotifyCalls(tenants: ["807"]),
        ListCalls(tenantID: "807", filter: CallFilter(), position: nil, limit: 1),
        FindCall(tenantID: "807", id: claimID),
        ListChanges(tenantID: "807", seq: 0, limit: 1),
        FindFeedState(tenantID: "807"),
        ListCallHorizons(fallbackSeconds: nil),
        LockOldCalls(tenantID: "807", before: Timestamp(microseconds: 0), limit: 1),
        RemoveCalls(tenantID: "807", callIDs: [], before: Timestamp(microseconds: 0)),
    ]

    private static let recordingSearch = RecordingSearch(
        scope: scope,
        claimID: claimID,
        failedAttempts: 0,
        now: Timestamp(microseconds: 0),
        expectsRecordings: true
    )

    private static let recordings: [any Statement] = [
        LoadKnownRecordings(keys: keys),
        ClaimRecordingSearches(claimID: claimID, leaseSeconds: 1, limit: 1, stages: [], now: nil),
        ListUnrecordedCalls(search: recordingSearch, stages: []),
        RenewRecordingSearch(search: recordingSearch, leaseSeconds: 1),
        ReleaseRecordingSearch(search: recordingSearch, isDone: true, nextInSeconds: 1),
        InsertKnownRecordings(scope: scope, found: []),
        DropOrphanedRecordings(),
    ]

    static let replay = ReplayRun(
        scope: scope,
        range: ReplayRange(),
        id: claimID,
        startedAt: Timestamp(microseconds: 0),
        position: "",
        tally: ReplayTally()
    )
    static let callIDs = ListCallIDs(tenantID: tenantID, position: "", limit: 1)

    private static let replays: [any Statement] = [
        ReplaceStaleLegs(keys: keys, legs: []),
        ForgetStaleLegs(tenants: ["807"]),
        LockReplays(tenantID: tenantID),
        AbandonReplays(tenantID: tenantID, range: replay.range, all: false),
        BeginReplay(scope: scope, range: replay.range),
        AdvanceReplay(old: replay, new: replay),
        ListCallEvents(tenantID: "807", callID: keys[0].callID),
        FindEvent(tenantID: "807", id: 1),
        FindCallID(tenantID: "807", id: claimID),
        callIDs,
        ListCallIDsOfTime(all: callIDs, since: nil, until: nil),
        FindCallIDOfTime(tenantID: tenantID, callID: keys[0].callID, position: "", since: nil, until: nil),
    ]

    private static let schema: [any Statement] = [
        MigrationTableExists(),
        CreateMigrationTable(),
        GrantMigrationTable(),
        ListAppliedMigrations(),
        InsertMigration(migration: Migration(version: 1, name: "n", checksum: "c")),
        LockMigrations(),
        UnlockMigrations(),
        FindRuntimeRole(),
    ]
}
