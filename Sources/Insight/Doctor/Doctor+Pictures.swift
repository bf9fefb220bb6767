extension Doctor {
    /// Wrong extensions, extreme sizes and shapes.
    func fileFindings() -> [Finding] {
        var format: [Finding.Entry] = [], size: [Finding.Entry] = [], shape: [Finding.Entry] = []
        for index in cases.indices {
            guard let file = read(index)?.file else { continue }
            if let promised = FileFacts.format(ofName: cases[index].path), !file.format.isEmpty,
                promised != file.format
            {
                format.append(entry(index, note: "is \(file.format), named as \(promised)"))
            }
            if min(file.width, file.height) < FileFacts.smallestSide
                || file.width * file.height > FileFacts.mostPixels
            {
                size.append(
                    entry(
                        index, value: Double(min(file.width, file.height)), note: "\(file.width)x\(file.height)"))
            } else if file.aspect > FileFacts.mostAspect {
                shape.append(entry(index, value: file.aspect, note: "\(file.width)x\(file.height)"))
            }
        }
        return Finding.about(
            format, .wrongFormat, "another format than the name says",
            advice: "rename it: Graft reads it, other programs may not")
            + Finding.about(
                size, .extremeSize, measure: "shorter side", threshold: Double(FileFacts.smallestSide),
                "extreme size", advice: "look at it: there may be nothing to see")
            + Finding.about(
                shape, .extremeShape, measure: "longer side by shorter side", threshold: FileFacts.mostAspect,
                "extreme shape", advice: "cut it: the model sees the middle only")
    }

    /// Nothing to see, or too little.
    func qualityFindings() -> [Finding] {
        var entries: [PictureQuality.Fault: [(Double, Finding.Entry)]] = [:]
        for index in cases.indices {
            for found in read(index)?.quality.faults ?? [] {
                entries[found.fault, default: []].append((found.measure, entry(index, value: found.measure)))
            }
        }
        func find(
            _ fault: PictureQuality.Fault, _ kind: Finding.Kind, _ measure: String, _ limit: Double,
            _ message: String
        ) -> [Finding] {
            let sorted = (entries[fault] ?? []).sorted { ($0.0, $0.1.path) < ($1.0, $1.1.path) }
            return Finding.about(
                sorted.map(\.1), kind, measure: measure, threshold: limit, message,
                advice: "look at it, and drop it if there is nothing to see")
        }
        return find(.blank, .blank, "contrast", PictureQuality.leastContrast, "nothing but one colour")
            + find(.dark, .dark, "brightest part", PictureQuality.darkLimit, "very dark")
            + find(.bright, .bright, "darkest part", PictureQuality.brightLimit, "very bright")
            + find(.blurred, .blurred, "sharpness", PictureQuality.leastSharpness, "blurred everywhere")
    }

    /// Classes with few pictures, or far fewer than others.
    func balanceFindings(_ train: [Int]) -> [Finding] {
        let counts = classes.indices.map { label in train.count { cases[$0].label == label } }
        var findings: [Finding] = []
        for (label, count) in counts.enumerated() where count < Self.leastPictures {
            findings.append(
                Finding(
                    kind: .smallClass, entries: [], measure: "pictures", threshold: Double(Self.leastPictures),
                    message: "'\(classes[label])' has \(count) picture\(count == 1 ? "" : "s") to train on",
                    advice: "add some: \(Self.leastPictures) are the least, 50 are good"))
        }
        if let most = counts.max(), let least = counts.min(), least > 0,
            Double(most) / Double(least) >= Self.mostImbalance,
            let large = counts.firstIndex(of: most), let small = counts.firstIndex(of: least)
        {
            findings.append(
                Finding(
                    kind: .imbalance, entries: [], measure: "pictures of the largest class by the smallest",
                    threshold: Self.mostImbalance,
                    message: "'\(classes[large])' has \(most) pictures, '\(classes[small])' \(least)",
                    advice: "add pictures of '\(classes[small])', or train with train.class_weights: balanced"))
        }
        return findings
    }

    private static let leastPictures = 10
    private static let mostImbalance = 5.0
}
