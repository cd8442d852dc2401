import Foundation
import Telephony
import Testing

@testable import Spool

@Suite("Spool", .timeLimit(.minutes(5)))
struct SpoolTests {
    @Test("events come out as they went in, in their order, also after a restart")
    func order() async throws {
        try await withDirectory { directory in
            let odd = LateEvent(
                eventID: .max,
                tenantID: TenantID(rawValue: "t"),
                extensionID: ExtensionID(rawValue: 1),
                arrivedAt: Timestamp(microseconds: -1),
                raw: [0, 255, 10],
                quarantine: "no_call_id"
            )
            let empty = LateEvent(
                eventID: 0,
                tenantID: TenantID(rawValue: "t"),
                extensionID: ExtensionID(rawValue: 1),
                arrivedAt: Timestamp(microseconds: 0),
                fields: Array("{}".utf8),
                raw: [],
                quarantine: "no_call_id",
                source: ""
            )
            let events = (0..<50).map { LateEvent.sample($0) } + [odd, empty]
            let spool = try await Spool.opened(directory)
            try await spool.append(Array(events[..<20]))
            try await spool.append(Array(events[20...]))
            #expect(spool.statistics.events == 52)
            #expect(spool.statistics.oldest == events[0].arrivedAt)
            #expect(spool.statistics.bytes > 0)
            await spool.close()

            let again = try await Spool.opened(directory)
            #expect(again.statistics.events == 52)
            #expect(again.statistics.oldest == events[0].arrivedAt)
            let first = try await again.oldest(limit: 10, byteLimit: 1 << 20)
            #expect(first.events == Array(events[..<10]))
            // Not taken out yet.
            #expect(try await again.oldest(limit: 10, byteLimit: 1 << 20).events == first.events)
            #expect(try await again.drain() == events)
            #expect(again.statistics.events == 0)
            #expect(again.statistics.oldest == nil)
            await again.close()
        }
    }

    @Test("a batch is bounded in bytes, and holds one event at least")
    func byteLimit() async throws {
        try await withDirectory { directory in
            let spool = try await Spool.opened(directory)
            try await spool.append((0..<10).map { LateEvent.sample($0, size: 1000) })
            #expect(try await spool.oldest(limit: 10, byteLimit: 2500).events.count == 3)
            #expect(try await spool.oldest(limit: 10, byteLimit: 1).events.count == 1)
            await spool.close()
        }
    }

    @Test("nobody else can read the directory and the files")
    func modes() async throws {
        try await withDirectory { directory in
            let spool = try await Spool.opened(directory)
            try await spool.append([.sample(1)])
            #expect(try mode(directory) == 0o700)
            let files = try names(in: directory, beginning: "spool")
            #expect(files == ["spool.lock", "spool.sqlite", "spool.sqlite-wal"])
            for file in files {
                #expect(try mode("\(directory)/\(file)") == 0o600, "\(file)")
            }
            await spool.close()
        }
    }

    @Test("a directory belongs to one process; the second is told what to do")
    func inUse() async throws {
        try await withDirectory { directory in
            let first = try await Spool.opened(directory)
            let second = Spool.test(directory)
            let error = await #expect(throws: SpoolError.self) { try await second.open() }
            #expect(error == .inUse(directory: directory))
            #expect(error?.description.contains("SPOOL_DIR") == true)
            await first.close()
            try await second.open()
            await second.close()
        }
    }

    @Test("a directory that cannot be made is named")
    func unusable() async throws {
        try await withDirectory { directory in
            try Data().write(to: URL(filePath: directory))
            let error = await #expect(throws: SpoolError.self) { try await Spool.opened(directory + "/below") }
            #expect(error?.description.contains(directory + "/below") == true)
            #expect(error?.description.contains("SPOOL_DIR") == true)
        }
    }

    @Test("a file of another program is neither used nor moved")
    func foreign() async throws {
        try await withDirectory { directory in
            let spool = try await Spool.opened(directory)
            try await spool.append([.sample(1)])
            await spool.close()
            // The version, in the file's head.
            let path = URL(filePath: directory).appending(path: "spool.sqlite")
            var data = try Data(contentsOf: path)
            data[63] = 9
            try data.write(to: path)
            let error = await #expect(throws: SpoolError.self) { try await Spool.opened(directory) }
            #expect(error?.description.contains("version 9") == true)
            #expect(try names(in: directory, beginning: "spool-damaged").isEmpty)
        }
    }

    @Test(
        "full at its limit: refused whole; what it holds comes out, and then there is room again",
        arguments: [1, 20]
    )
    func limit(batch: Int) async throws {
        try await withDirectory { directory in
            let spool = try await Spool.opened(directory, maximumBytes: 2 << 20)
            let taken = try await spool.fill(batch: batch)
            #expect(taken.count > 100)
            #expect(spool.statistics.bytes <= 2 << 20)
            #expect(spool.statistics.events == taken.count)
            await #expect(throws: SpoolError.full) { try await spool.append([.sample(-1, size: 200_000)]) }
            #expect(try await spool.drain() == taken)
            try await spool.append([.sample(7)])
            #expect(try await spool.drain() == [.sample(7)])
            await spool.close()
        }
    }

    @Test("the file shrinks when it is empty")
    func shrinks() async throws {
        try await withDirectory { directory in
            let spool = try await Spool.opened(directory)
            try await spool.append((0..<500).map { LateEvent.sample($0, size: 8000) })
            _ = try await spool.drain(limit: 100)
            #expect(spool.statistics.bytes < 100_000)
            let size = try names(in: directory, beginning: "spool").reduce(0) { sum, name in
                let size = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(name)")[.size] as? NSNumber
                return sum + (size?.intValue ?? 0)
            }
            #expect(size < 200_000)
            // Places begin anew with the new file.
            try await spool.append([.sample(1)])
            #expect(try await spool.drain() == [.sample(1)])
            await spool.close()
        }
    }

    @Test("the disk is full: nothing that was taken is lost, and it comes out although nothing can be written")
    func diskFull() async throws {
        try await withDirectory { directory in
            let spool = try await Spool.opened(directory, pageLimit: 200)
            let taken = try await spool.fill()
            #expect(taken.count > 50)
            await spool.close()
            let again = try await Spool.opened(directory, pageLimit: 200)
            #expect(try await again.drain() == taken)
            #expect(try await again.fill().count > 50)
            await again.close()
        }
    }

    @Test("a small file system that is full to the last byte", .enabled(if: geteuid() == 0))
    func fileSystemFull() async throws {
        try await withDirectory { directory in
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory)
            let result: Result<Void, any Error>
            do {
                var taken: [LateEvent] = []
                var spool = try await Spool.opened(directory)
                taken += try await spool.fill()
                // Down to events that still fit, then nothing at all.
                taken += try await spool.fill(from: taken.count, size: 100)
                #expect(taken.count > 20)
                let ballast = Data(repeating: 0, count: 1 << 20)
                try? ballast.write(to: URL(filePath: directory).appending(path: "ballast"))
                await spool.close()
                spool = try await Spool.opened(directory)
                #expect(spool.statistics.events == taken.count)
                #expect(try await spool.drain() == taken)
                try? FileManager.default.removeItem(atPath: directory + "/ballast")
                let more = try await spool.fill(from: 1000)
                #expect(more.count > 20)
                #expect(try await spool.drain() == more)
                await spool.close()
                result = .success(())
            } catch {
                result = .failure(error)
            }
            try run("umount", directory)
            try result.get()
        }
    }

    @Test("a damaged file is set aside under a name with the instant, and a new one is used")
    func damagedAtStart() async throws {
        try await withDirectory { directory in
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let garbage = Data((0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
            try garbage.write(to: URL(filePath: directory).appending(path: "spool.sqlite"))
            let spool = try await Spool.opened(directory)
            let aside = try names(in: directory, beginning: "spool-damaged")
            #expect(aside == ["spool-damaged-20231114T221320.000000Z.sqlite"])
            #expect(try Data(contentsOf: URL(filePath: "\(directory)/\(aside[0])")) == garbage)
            try await spool.append([.sample(1)])
            #expect(try await spool.drain() == [.sample(1)])
            await spool.close()
        }
    }

    @Test("pages that are damaged are found at the start")
    func damagedPages() async throws {
        try await withDirectory { directory in
            let spool = try await Spool.opened(directory)
            try await spool.append((0..<200).map { LateEvent.sample($0, size: 2000) })
            await spool.close()
            try damage(directory)
            let again = try await Spool.opened(directory)
            #expect(try names(in: directory, beginning: "spool-damaged").count == 1)
            #expect(again.statistics.events == 0)
            await again.close()
        }
    }

    @Test("pages that are damaged while it is in use")
    func damagedInUse() async throws {
        try await withDirectory { directory in
            let spool = try await Spool.opened(directory)
            // More than SQLite keeps in memory and in its log.
            for batch in 0..<8 {
                try await spool.append((0..<200).map { LateEvent.sample(batch * 200 + $0, size: 8000) })
            }
            let early = try await spool.oldest(limit: 200, byteLimit: 1 << 20)
            #expect(!early.events.isEmpty)
            try damage(directory)
            // What could be read before the damage comes out; then the file goes aside and the spool goes on.
            _ = try await spool.drain(limit: 200)
            #expect(try names(in: directory, beginning: "spool-damaged").count >= 1)
            try await spool.append([.sample(1)])
            // A batch of the old file takes nothing out of the new one.
            try await spool.remove(early)
            #expect(spool.statistics.events == 1)
            #expect(try await spool.drain() == [.sample(1)])
            await spool.close()
        }
    }

    /// Overwrites the middle of the file.
    private func damage(_ directory: String) throws {
        let file = try FileHandle(forUpdating: URL(filePath: directory).appending(path: "spool.sqlite"))
        let size = try file.seekToEnd()
        #expect(size > 100_000)
        try file.seek(toOffset: 8192)
        file.write(Data(repeating: 0x5a, count: Int(size) - 3 * 8192))
        try file.close()
    }

    private func run(_ program: String, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}
