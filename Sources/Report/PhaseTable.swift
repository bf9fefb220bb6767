import Learning
import Zoo

/// What each phase of a run trained, and how long its epochs took.
struct PhaseTable {
    let outline: TrainingOutline
    let epochs: [EpochRecord]

    var markup: Markup {
        """
        <h3>Phases</h3><div class="card wide"><table class="plain"><thead><tr><th class="n">phase</th>\
        <th class="n">epochs</th><th class="n">rate</th><th>what trains</th><th>batch norm</th><th>it reads</th>\
        <th class="n">an epoch</th></tr></thead>
        <tbody>\(outline.phases.map(row))</tbody></table></div>

        """
    }

    private func row(_ phase: TrainingOutline.Phase) -> Markup {
        let done = epochs.filter { ($0.phase ?? 1) == phase.number }
        let range =
            done.count > 1 ? "\(done[0].epoch) to \(done[done.count - 1].epoch)" : done.first.map { "\($0.epoch)" }
        let seconds = done.reduce(0) { $0 + $1.seconds } / Double(max(1, done.count))
        return """
            <tr><td class="n">\(phase.number)</td><td class="n">\(range ?? "none")</td>\
            <td class="n">\("\(phase.learningRate)")</td><td><bdi>\(phase.summary)</bdi></td>\
            <td>\(phase.batchNormSummary)</td><td><bdi>\(phase.inputSummary)</bdi></td>\
            <td class="n">\(done.isEmpty ? "" : NumberText.duration(seconds))</td></tr>

            """
    }
}
