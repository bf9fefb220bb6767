import CKernels
import Zoo

/// Any other convolution: the taps of some rows of outputs are gathered into a matrix, and their gradients scattered back.
struct WindowTrainingStep: TrainingConvolution {
    let ports: Ports
    let parameters: ConvolutionParameters
    let geometry: WindowGeometry
    let groups: Int
    /// From taps to outputs, and back; a matrix a group.
    let weights: PackedWeights
    let transposed: PackedWeights
    let bias: UnsafeMutableBuffer
    let zeros: UnsafeMutableBuffer
    let sum: OuterSum

    var weightSums: Int { groups * sum.count }
    var scratch: Int { rowsAtOnce * geometry.output.width * (patchStride + productStride) }
    /// Rows of outputs in a matrix: enough pixels for each of the weights to be worth its way from memory.
    private var rowsAtOnce: Int {
        let isPlain = layouts.output.isPlain && layouts.outputGradient.isPlain
        return isPlain ? (Self.pixelsAtOnce + geometry.output.width - 1) / geometry.output.width : 1
    }
    private static let pixelsAtOnce = 64
    private var taps: Int { geometry.kernel.height * geometry.kernel.width }
    private var inputsOfGroup: Int { layouts.input.channels / groups }
    private var outputsOfGroup: Int { layouts.output.channels / groups }
    private var patchStride: Int { transposed.vectors * sum.lanes }
    /// A group's outputs in whole vectors.
    private var productStride: Int { weights.vectors * sum.lanes }

    func prepare(_ values: [[Float]]) {
        guard hasBias else { return }
        for group in 0..<groups {
            let part = values[parameter + 1][group * outputsOfGroup..<(group + 1) * outputsOfGroup]
            for (index, value) in part.enumerated() { bias.pointer[group * productStride + index] = value }
        }
    }

    func matrix(_ direction: Direction) -> PackedWeights? {
        direction == .forward ? weights : wantsInput ? transposed : nil
    }

    // It puts the weights into another order first.
    var packsWhole: Bool { true }

    func pack(_ values: [[Float]], _ direction: Direction, _ panels: Range<Int>) {
        // `[out, in, kh, kw]` to `[out, kh, kw, in]`
        let weight = values[parameter], inputs = inputsOfGroup
        var ordered = weight
        for out in 0..<layouts.output.channels {
            for c in 0..<inputs {
                for tap in 0..<taps {
                    ordered[(out * taps + tap) * inputs + c] = weight[(out * inputs + c) * taps + tap]
                }
            }
        }
        let depth = taps * inputs
        ordered.withUnsafeBufferPointer { source in
            guard let source = source.baseAddress else { return }
            for group in 0..<groups {
                let part = source + group * outputsOfGroup * depth
                switch direction {
                case .forward: weights.pack(part, rowStep: 1, columnStep: depth, group: group, panels)
                case .backward: transposed.pack(part, rowStep: depth, columnStep: 1, group: group, panels)
                }
            }
        }
    }

    func forward(_ pass: Pass) {
        let out = pass.values[output]
        let patches = pass.scratch, product = patches + rowsAtOnce * geometry.output.width * patchStride
        for run in rows.runs(images: pass.count) {
            let target = out + offset(run.lowerBound, layouts.output)
            for group in 0..<groups {
                gather(run, pass.values[input], group, to: patches)
                let direct = groups == 1
                weights.multiply(
                    patches, stride: patchStride, rows: run.count * geometry.output.width,
                    bias: bias.pointer + group * productStride, to: direct ? target : product,
                    stride: direct ? layouts.output.stride : productStride, group: group, pass)
                if !direct { place(product, group, pixels: run.count * geometry.output.width, in: target) }
            }
        }
    }

    func backward(_ pass: Pass) {
        let stride = layouts.outputGradient.stride, patches = pass.scratch
        if wantsInput {
            pass.gradients[input].update(repeating: 0, count: pass.count * layouts.inputGradient.count)
        }
        var continues = !pass.isFirst
        for run in rows.runs(images: pass.count) {
            let gradient = pass.gradients[output] + offset(run.lowerBound, layouts.outputGradient)
            let pixels = run.count * geometry.output.width
            for group in 0..<groups {
                let part = gradient + group * outputsOfGroup
                if isTrained.weight {
                    gather(run, pass.values[input], group, to: patches)
                    sum.add(
                        patches, patchStride, part, stride, pixels: pixels, to: pass.sums + group * sum.count,
                        continues: continues, pass)
                }
                if wantsInput {
                    transposed.multiply(
                        part, stride: stride, rows: pixels, bias: zeros.pointer, to: patches, stride: patchStride,
                        group: group, pass)
                    scatter(patches, run, group, to: pass.gradients[input])
                }
            }
            continues = true
        }
        if isTrained.bias {
            BiasSum.add(pass.gradients[output], layouts.outputGradient, zeros.pointer, at: weightSums, pass)
        }
    }

    func finish(_ chunks: ChunkSums, _ gradients: inout [[Float]]) {
        if isTrained.weight {
            let total = chunks.added(weightSums)
            let inputs = inputsOfGroup, steps = sum.steps
            gradients[parameter].resize(to: layouts.output.channels * taps * inputs)
            for out in 0..<layouts.output.channels {
                let part = total + out / outputsOfGroup * sum.count + out % outputsOfGroup * steps.column
                for tap in 0..<taps {
                    for c in 0..<inputs {
                        gradients[parameter][(out * inputs + c) * taps + tap] = part[(tap * inputs + c) * steps.row]
                    }
                }
            }
        }
        if isTrained.bias {
            gradients[parameter + 1] = BiasSum.total(chunks, layouts.output, at: weightSums)
        }
    }

    private var rows: ImageRows { ImageRows(height: geometry.output.height, atOnce: rowsAtOnce) }

    /// Where such a row begins.
    private func offset(_ row: Int, _ layout: Layout) -> Int {
        let place = rows.place(row)
        return place.image * layout.count + place.row * layout.rowStride
    }

    private func window(_ layout: Layout) -> graft_train_window {
        var window = graft_train_window(geometry, layout)
        window.channels = Int64(inputsOfGroup)
        return window
    }

    private func gather(
        _ run: Range<Int>, _ images: UnsafePointer<Float>, _ group: Int, to patches: UnsafeMutablePointer<Float>
    ) {
        var window = window(layouts.input)
        for (index, place) in run.map(rows.place).enumerated() {
            graft_train_patches(
                &window, images + place.image * layouts.input.count + group * inputsOfGroup, Int64(place.row),
                patches + index * geometry.output.width * patchStride, Int64(patchStride))
        }
    }

    private func scatter(
        _ patches: UnsafePointer<Float>, _ run: Range<Int>, _ group: Int, to images: UnsafeMutablePointer<Float>
    ) {
        var window = window(layouts.inputGradient)
        for (index, place) in run.map(rows.place).enumerated() {
            graft_train_scatter(
                &window, patches + index * geometry.output.width * patchStride, Int64(patchStride), Int64(place.row),
                images + place.image * layouts.inputGradient.count + group * inputsOfGroup)
        }
    }

    /// A group's outputs to their channels.
    private func place(
        _ product: UnsafePointer<Float>, _ group: Int, pixels: Int, in first: UnsafeMutablePointer<Float>
    ) {
        for pixel in 0..<pixels {
            let target = first + pixel * layouts.output.stride
            (target + group * outputsOfGroup).update(from: product + pixel * productStride, count: outputsOfGroup)
            if group == groups - 1 {
                let channels = layouts.output.channels
                (target + channels).update(repeating: 0, count: layouts.output.stride - channels)
            }
        }
    }
}

extension graft_train_window {
    /// All channels of a layout.
    init(_ geometry: WindowGeometry, _ layout: Layout) {
        self.init(
            kernel_height: Int64(geometry.kernel.height), kernel_width: Int64(geometry.kernel.width),
            stride_height: Int64(geometry.stride.height), stride_width: Int64(geometry.stride.width),
            dilation_height: Int64(geometry.dilation.height), dilation_width: Int64(geometry.dilation.width),
            top: Int64(geometry.before.height), left: Int64(geometry.before.width),
            input_height: Int64(geometry.input.height), input_width: Int64(geometry.input.width),
            output_width: Int64(geometry.output.width), channels: Int64(layout.channels),
            pixel_stride: Int64(layout.stride), row_stride: Int64(layout.rowStride))
    }
}
