import Graft

/// Eight tasks classify one picture's bytes at a time; one of them is given up.
func classifyConcurrently(_ pictures: [[UInt8]], with model: LoadedModel) async -> [Prediction?] {
    await withTaskGroup(of: (Int, Prediction?).self) { group in
        for (number, bytes) in pictures.enumerated() {
            group.addTask {
                let task = Task {
                    try await model.classify(.bytes(bytes, name: "picture \(number)"), top: 1)
                }
                if number == 0 { task.cancel() }
                return (number, try? await task.value)
            }
        }
        var answers = [Prediction?](repeating: nil, count: pictures.count)
        for await (number, answer) in group { answers[number] = answer }
        return answers
    }
}
