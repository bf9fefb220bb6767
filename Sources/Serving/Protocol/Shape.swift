import Zoo

/// A tensor's shape as a client states it.
enum Shape {
    /// Far above any input: a product of extents up to here is far below what an Int holds.
    static let mostElements = 1 << 28

    /// The extents and how many elements they make.
    /// - Throws: `GraftError.badRequest` for what is no list of at most eight sizes, or more elements than any input has.
    static func read(_ value: JSONValue?, of name: String) throws(GraftError) -> (shape: [Int], count: Int) {
        guard let elements = value?.elements, (1...8).contains(elements.count) else {
            throw GraftError(.badRequest, "a shape of one to eight sizes is missing", parameter: name)
        }
        var shape: [Int] = [], count = 1
        for element in elements {
            guard let extent = element.integer, extent >= 0 else {
                throw GraftError(.badRequest, "a shape holds something that is no size", parameter: name)
            }
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= mostElements else {
                throw GraftError(.badRequest, "a shape of more elements than any input has", parameter: name)
            }
            shape.append(extent)
            count = product
        }
        return (shape, count)
    }
}
