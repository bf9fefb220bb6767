import CKernels
import Zoo

/// Any other convolution: the taps of a row of outputs are gathered into a matrix, and their gradients scattered back.
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

    var sums: Int { groups * sum.count + BiasSum.count(layouts.outputGradient) }
    var scratch: Int { geometry.output.width * (patchStride + productStride) }
    private var taps: Int { geometry.kernel.height * geometry.kernel.width }
    private var inputsOfGroup: Int { layouts.input.channels / groups }
    private var outputsOfGroup: Int { layouts.output.channels / groups }
    private var patchStride: Int { transposed.vectors * sum.lanes }
    /// A group's outputs in whole vectors.
    private var productStride: Int { weights.vectors * sum.lanes }

    func prepare(_ values: [[Float]]) {
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
                weights.pack(part, rowStep: 1, columnStep: depth, group: group)
                if wantsInput { transposed.pack(part, rowStep: depth, columnStep: 1, group: group) }
            }
        }
        if hasBias {
            for group in 0..<groups {
                let part = values[parameter + 1][group * outputsOfGroup..<(group + 1) * outputsOfGroup]
                for (index, value) in part.enumerated() { bias.pointer[group * productStride + index] = value }
            }
        }
    }

    func forward(_ pass: Pass) {
        let x = pass.values[input], out = pass.values[output]
        let patches = pass.scratch, product = pass.scratch + geometry.output.width * patchStride
        for image in 0..<pass.count {
            for row in 0..<geometry.output.height {
                let target = out + image * layouts.output.count + row * layouts.output.rowStride
                for group in 0..<groups {
                    gather(x + image * layouts.input.count, row, group, to: patches)
                    let direct = groups == 1
                    weights.multiply(
                        patches, stride: patchStride, rows: geometry.output.width,
                        bias: bias.pointer + group * productStride, to: direct ? target : product,
                        stride: direct ? layouts.output.stride : productStride, group: group, pass)
                    if !direct { place(product, group, in: target) }
                }
            }
        }
    }

    func backward(_ pass: Pass) {
        let gradient = pass.gradients[output], stride = layouts.outputGradient.stride
        let patches = pass.scratch
        if wantsInput {
            pass.gradients[input].update(repeating: 0, count: pass.count * layouts.inputGradient.count)
        }
        var continues = !pass.isFirst
        for image in 0..<pass.count {
            for row in 0..<geometry.output.height {
                let from = gradient + image * layouts.outputGradient.count + row * layouts.outputGradient.rowStride
                for group in 0..<groups {
                    let part = from + group * outputsOfGroup
                    if isTrained.weight {
                        gather(pass.values[input] + image * layouts.input.count, row, group, to: patches)
                        sum.add(
                            patches, patchStride, part, stride, pixels: geometry.output.width,
                            to: pass.sums + group * sum.count, continues: continues, pass)
                    }
                    if wantsInput {
                        transposed.multiply(
                            part, stride: stride, rows: geometry.output.width, bias: zeros.pointer, to: patches,
                            stride: patchStride, group: group, pass)
                        var window = window(layouts.inputGradient)
                        graft_train_scatter(
                            &window, patches, Int64(patchStride), Int64(row),
                            pass.gradients[input] + image * layouts.inputGradient.count + group * inputsOfGroup)
                    }
                }
                continues = true
            }
        }
        if isTrained.bias {
            BiasSum.add(gradient, layouts.outputGradient, zeros.pointer, at: groups * sum.count, pass)
        }
    }

    func finish(_ chunks: ChunkSums, _ gradients: inout [[Float]]) {
        if isTrained.weight {
            let total = chunks.added(groups * sum.count)
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
            gradients[parameter + 1] = BiasSum.total(chunks, layouts.output, at: groups * sum.count)
        }
    }

    private func window(_ layout: Layout) -> graft_train_window {
        var window = graft_train_window(geometry, layout)
        window.channels = Int64(inputsOfGroup)
        return window
    }

    private func gather(
        _ image: UnsafePointer<Float>, _ row: Int, _ group: Int, to patches: UnsafeMutablePointer<Float>
    ) {
        var window = window(layouts.input)
        graft_train_patches(&window, image + group * inputsOfGroup, Int64(row), patches, Int64(patchStride))
    }

    /// A group's outputs to their channels.
    private func place(_ product: UnsafePointer<Float>, _ group: Int, in row: UnsafeMutablePointer<Float>) {
        for pixel in 0..<geometry.output.width {
            let target = row + pixel * layouts.output.stride
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
