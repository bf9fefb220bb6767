package import Zoo

/// One of so many parts of a series, in the series' order: shard 3 of 16 is what comes third.
package struct Shard: Sendable, Hashable, CustomStringConvertible {
    /// From 1 to `count`.
    package let index: Int
    package let count: Int

    /// All of it.
    package static let whole = Shard(1, of: 1)

    private init(_ index: Int, of count: Int) {
        self.index = index
        self.count = count
    }

    /// - Parameter text: `3/16`.
    /// - Throws: `GraftError` `.invalidValue`
    package init(_ text: String) throws(GraftError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]), (1...Self.limit).contains(count),
            (1...count).contains(index)
        else {
            throw GraftError(
                .invalidValue, "not a shard", parameter: "--shard", expected: "I/N with I from 1 to N, such as 3/16",
                found: "'\(text)'")
        }
        self.init(index, of: count)
    }

    package var description: String { "\(index)/\(count)" }

    private static let limit = 1_000_000

    /// Which of `total` things are in it. Shards differ in length by one at most, and follow each other.
    package func range(of total: Int) -> Range<Int> {
        let (length, rest) = total.quotientAndRemainder(dividingBy: count)
        let start = (index - 1) * length + min(index - 1, rest)
        return start..<start + length + (index <= rest ? 1 : 0)
    }

    // MARK: schedulers

    /// The variable that says how many shards there are where the scheduler does not.
    package static let countVariable = "GRAFT_SHARDS"

    /// The shard that this process is started for by an array of Slurm or an indexed job of Kubernetes, and what said so; nil
    /// outside of one.
    /// - Parameter variable: the value of a variable of the environment.
    /// - Throws: `GraftError` `.invalidValue` where it is not certain which.
    package static func scheduled(
        _ variable: (String) -> String?
    ) throws(GraftError) -> (shard: Shard, source: String)? {
        let counted = try number(countVariable, variable)
        if let task = try number("SLURM_ARRAY_TASK_ID", variable) {
            let first = try number("SLURM_ARRAY_TASK_MIN", variable),
                last = try number("SLURM_ARRAY_TASK_MAX", variable)
            let step = try number("SLURM_ARRAY_TASK_STEP", variable) ?? 1
            guard let tasks = try number("SLURM_ARRAY_TASK_COUNT", variable), let first else {
                throw unknown("SLURM_ARRAY_TASK_ID=\(task) without SLURM_ARRAY_TASK_COUNT and SLURM_ARRAY_TASK_MIN")
            }
            // A few tasks sent again are an array of their own, in which a task's place is another.
            let isWhole = step > 0 && last.map { $0 == first + (tasks - 1) * step } ?? true
            guard isWhole, counted ?? tasks == tasks, task >= first, (task - first) % step == 0 else {
                throw unknown("an array of \(tasks) tasks that is not all of them")
            }
            return (try made((task - first) / step + 1, of: tasks), "SLURM_ARRAY_TASK_ID")
        }
        if let place = try number("JOB_COMPLETION_INDEX", variable) {
            guard let counted else { throw unknown("JOB_COMPLETION_INDEX=\(place), and no number of shards") }
            return (try made(place + 1, of: counted), "JOB_COMPLETION_INDEX")
        }
        return nil
    }

    private static func made(_ index: Int, of count: Int) throws(GraftError) -> Shard { try Shard("\(index)/\(count)") }

    private static func number(_ name: String, _ variable: (String) -> String?) throws(GraftError) -> Int? {
        guard let text = variable(name), !text.isEmpty else { return nil }
        guard let number = Int(text), (0...limit).contains(number) else {
            throw GraftError(
                .invalidValue, "not a number of tasks", parameter: name, expected: "0 to \(limit)", found: "'\(text)'")
        }
        return number
    }

    private static func unknown(_ found: String) -> GraftError {
        GraftError(
            .invalidValue, "which shard this is cannot be told", found: found,
            remedy: "say it with --shard I/N, set \(countVariable)=N, or say --shard 1/1 for all pictures")
    }
}
