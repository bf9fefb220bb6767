import Data
import Report
import Weights
import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The directory that a run leaves its results in.
///
/// Files are written into a hidden folder inside it and moved out at the end, so that a run that fails leaves an earlier
/// one's results as they were, and no directory where there was none. Moving single files works for mounted directories
/// and links too, where replacing the directory would not.
///
/// A checkpoint is the exception: it stands beside the results of an earlier run while this one lasts, is replaced as a
/// whole, stays where a run is cut short, and goes when a run is over.
final class OutputDirectory {
    /// What a run leaves, the model last: where it is, the rest is complete.
    static let fileNames = [
        "config.yaml", "metrics.jsonl", TensorBoardLog.fileName, "curves.svg", "report.html", "model.npz",
    ]
    private static let stagingPrefix = ".graft-partial-"

    let path: String
    private let staging: String
    /// The directories that did not exist before, the outermost first.
    private let made: [String]
    private var lock: RunLock?
    private var isCommitted = false
    private var logs: [String: LineFile] = [:]

    /// - Throws: `GraftError.file` where the directory cannot be made, or holds other things than a run's results.
    init(path: String) throws(GraftError) {
        self.path = path
        guard !path.isEmpty else {
            throw GraftError(
                .file, "the output has no name", expected: "a folder", found: "''",
                remedy: "name one with --output, or leave it out")
        }
        if let kind = Folder.kind(of: path) {
            guard kind.isFolder else {
                throw GraftError(
                    .file, "the output is in the way of a file", file: path, expected: "a folder or nothing",
                    remedy: "choose another with --output")
            }
            let names = try Self.names(in: path)
            let foreign = names.filter {
                !Self.fileNames.contains($0) && $0 != RunLock.fileName && $0 != Checkpoint.fileName
                    && !$0.hasPrefix(Self.stagingPrefix)
            }
            if let first = foreign.first(where: { !Folder.isJunk($0) }) {
                throw GraftError(
                    .file, "the output folder holds other things than an earlier run's results", file: path,
                    found: "'\(first.shown)'", remedy: "choose another with --output, or an empty one")
            }
        }
        var missing: [String] = []
        var parent = path
        while !parent.isEmpty, Folder.kind(of: parent) == nil {
            missing.insert(parent, at: 0)
            guard let above = PathText.parent(of: parent) else { break }
            parent = above
        }
        made = missing
        staging = PathText.join(path, "\(Self.stagingPrefix)\(UInt64.random(in: 0 ... .max))")
        do throws(GraftError) {
            let refused = GraftError(
                .file, "the output folder cannot be made", file: path,
                remedy: "check its permissions and the disk's space")
            guard FileSystem.makeFolder(path) else { throw refused }
            let lock = try RunLock(folder: path)
            self.lock = lock
            try Self.sweep(path)
            guard mkdir(staging.onDisk, 0o777) == 0 else { throw refused }
            Unfinished.add([staging, lock.path])
        } catch {
            lock = nil
            for folder in missing.reversed() { rmdir(folder.onDisk) }
            throw error
        }
    }

    /// Removes what a run that was stopped has left.
    private static func sweep(_ path: String) throws(GraftError) {
        for name in try names(in: path)
        where name.hasPrefix(stagingPrefix) || name.hasPrefix(".\(Checkpoint.fileName).") && name.hasSuffix(".part") {
            FileSystem.remove(PathText.join(path, name))
        }
    }

    deinit {
        FileSystem.remove(staging)
        Unfinished.remove([staging, lock?.path ?? ""])
        lock = nil
        guard !isCommitted else { return }
        // Only what is empty goes.
        for folder in made.reversed() { rmdir(folder.onDisk) }
    }

    private static func names(in path: String) throws(GraftError) -> [String] {
        guard let names = FileSystem.names(in: path) else {
            throw GraftError(.file, "the output folder cannot be read", file: path, remedy: "check its permissions")
        }
        return names.sorted()
    }

    /// Where a file is while the run lasts.
    func stagedPath(_ name: String) -> String { PathText.join(staging, name) }

    /// Where a file will be.
    func finalPath(_ name: String) -> String { PathText.join(path, name) }

    /// Writes a text file.
    func write(_ text: String, to name: String) throws(GraftError) {
        do { try AtomicFile.write(text, to: stagedPath(name)) } catch { throw named(error, name) }
    }

    /// Appends a line to a file, so that it can be followed while the run lasts.
    func append(_ line: String, to name: String) throws(GraftError) {
        try append([UInt8]((line + "\n").utf8), to: name)
    }

    /// Appends a record to a file, in the same way.
    func append(_ record: [UInt8], to name: String) throws(GraftError) {
        do throws(GraftError) {
            if logs[name] == nil { logs[name] = try LineFile(path: stagedPath(name)) }
            try logs[name]?.append(record)
        } catch {
            throw named(error, name)
        }
    }

    /// Whether a run was cut short here, and can be resumed.
    var hasCheckpoint: Bool { Folder.kind(of: finalPath(Checkpoint.fileName)) != nil }

    /// Moves the files to their places. Those of an earlier run that this one has none of go, and so does the checkpoint.
    func commit() throws(GraftError) {
        for name in Self.fileNames {
            guard Folder.kind(of: stagedPath(name)) != nil else {
                unlink(finalPath(name).onDisk)
                continue
            }
            guard rename(stagedPath(name).onDisk, finalPath(name).onDisk) == 0 else {
                throw GraftError(
                    .file, "cannot write the file", file: finalPath(name), found: SystemError.text(errno))
            }
        }
        unlink(finalPath(Checkpoint.fileName).onDisk)
        isCommitted = true
    }

    /// An error in writing, about the file's place and not the hidden one.
    func named(_ error: GraftError, _ name: String) -> GraftError {
        var result = GraftError(.file, error)
        result.context.file = finalPath(name)
        return result
    }
}
