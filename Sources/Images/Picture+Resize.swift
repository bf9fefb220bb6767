import CImage
public import Zoo

extension Picture {
    /// The picture in another size, with antialiasing: to the bit what Pillow's `resize` gives.
    ///
    /// - Parameters:
    ///   - width: columns of the result, 1 to 65,500.
    ///   - height: rows of the result, 1 to 65,500.
    /// - Throws: `GraftError.invalidValue` for a size of zero, or one that takes more memory than the default limits
    ///   allow.
    public func resized(
        width: Int, height: Int, interpolation: Preprocessing.Interpolation = .bicubic
    ) throws(GraftError) -> Picture {
        let limits = ImageLimits()
        guard (1...limits.side).contains(width), (1...limits.side).contains(height) else {
            throw GraftError(
                .invalidValue, "impossible size", expected: "1 to \(limits.side) columns and rows",
                found: "\(width)x\(height)")
        }
        let columns = ResamplingAxis(input: self.width, output: width, range: 0..<width, filter: interpolation)
        let rows = ResamplingAxis(input: self.height, output: height, range: 0..<height, filter: interpolation)
        // Between the two passes the picture has one new side and one old one.
        let between = rows.goesBefore(columns) ? self.width * height : width * self.height
        guard max(width * height, between) <= limits.pixels else {
            throw GraftError(
                .invalidValue, "impossible size", expected: "at most \(limits.pixels) pixels, on the way too",
                found: "\(self.width)x\(self.height) to \(width)x\(height)")
        }
        return resized(columns, rows)
    }

    /// A small version whose longer side has at most `longSide` pixels; the picture itself where it is no larger.
    ///
    /// - Throws: `GraftError.invalidValue` for a side below 1.
    public func thumbnail(longSide: Int) throws(GraftError) -> Picture {
        let long = max(width, height)
        guard long > longSide || longSide < 1 else { return self }
        func scaled(_ side: Int) -> Int { max(1, (side * longSide + long / 2) / long) }
        return try resized(
            width: width == long ? longSide : scaled(width), height: height == long ? longSide : scaled(height))
    }

    /// The outputs of two axes made for this picture's size.
    ///
    /// - Parameter portable: whether to do without the instructions that only some processors have.
    package func resized(_ columns: ResamplingAxis, _ rows: ResamplingAxis, portable: Bool = false) -> Picture {
        let lastRow = pixels.suffix(width * 3) + [0]
        let size = columns.starts.count * rows.starts.count * 3
        let order: graft_image_order = rows.goesBefore(columns) ? .rows_first : .columns_first
        let result = [UInt8](unsafeUninitializedCapacity: size) { target, count in
            columns.withCAxis { columns in
                rows.withCAxis { rows in
                    let between = graft_image_between_size(columns, rows, order)
                    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: between) { between in
                        lastRow.withUnsafeBufferPointer { lastRow in
                            graft_image_resample(
                                pixels, width, height, lastRow.baseAddress, columns, rows, order, portable ? 1 : 0,
                                between.baseAddress, target.baseAddress)
                        }
                    }
                }
            }
            count = size
        }
        return Picture(checkedWidth: columns.starts.count, height: rows.starts.count, pixels: result)
    }
}

extension ResamplingAxis {
    fileprivate func withCAxis(_ body: (UnsafePointer<graft_image_axis>) -> Void) {
        starts.withUnsafeBufferPointer { starts in
            counts.withUnsafeBufferPointer { counts in
                weights.withUnsafeBufferPointer { weights in
                    let axis = graft_image_axis(
                        starts: starts.baseAddress, counts: counts.baseAddress, weights: weights.baseAddress,
                        outputs: starts.count, capacity: capacity, first_input: inputs.lowerBound,
                        inputs: inputs.count)
                    withUnsafePointer(to: axis, body)
                }
            }
        }
    }
}
