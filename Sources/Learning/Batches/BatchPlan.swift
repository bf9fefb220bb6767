/// How an epoch's images are divided into batches.
///
/// Every image is in one batch. The last batch holds what is left over. Where a batch norm would take its statistics from
/// a single image (225 images are 7 batches of 32 and one left), that image joins the batch before it: on its own it
/// would have no variance, or on a feature map only its own, and leaving it out would skew the epoch. Batches of one on
/// purpose stay.
package struct BatchPlan {
    package let batches: [ArraySlice<Int>]

    /// - Parameter needsSeveral: whether a batch of one makes no sense to the model.
    package init(order: [Int], size: Int, needsSeveral: Bool) {
        var ends = Array(stride(from: size, to: order.count, by: size)) + [order.count]
        if needsSeveral, size > 1, ends.count > 1, order.count - ends[ends.count - 2] == 1 {
            ends.remove(at: ends.count - 2)
        }
        var batches: [ArraySlice<Int>] = []
        var start = 0
        for end in ends {
            batches.append(order[start..<end])
            start = end
        }
        self.batches = batches
    }
}
