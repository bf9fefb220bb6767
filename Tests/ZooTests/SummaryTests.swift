import Testing
import Zoo

struct SummaryTests {
    private let graph: Graph

    init() throws {
        graph = try Model(backbone: Tiny(variant: "tiny"), head: Plain(), outputs: 3).graph()
    }

    @Test func `every layer is a row, with its cost`() throws {
        let summary = try Summary(graph)
        #expect(summary.layers.count == graph.nodes.count - 1)
        #expect(summary.layers[0].multiplyAdds == 8 * 8 * 4 * 3 * 9)
        #expect(summary.parameters == graph.parameterCount)
        #expect(summary.trainable == summary.parameters)
        #expect(summary.multiplyAdds == 8 * 8 * (4 * 3 * 9 + 8 * 4 * 9 + 8 * 4) + 8 * 3)
        #expect(summary.stages.reduce(0) { $0 + $1.parameters } == summary.parameters)
        #expect(summary.stages.reduce(0) { $0 + $1.multiplyAdds } == summary.multiplyAdds)
    }

    @Test func `another image size changes shapes and cost, not parameters`() throws {
        let summary = try Summary(graph, imageSize: Extent(height: 9, width: 33))
        #expect(summary.layers[0].input == [9, 33, 3])
        #expect(summary.layers[0].output == [5, 17, 4])
        #expect(summary.layers[0].multiplyAdds == 5 * 17 * 4 * 3 * 9)
        #expect(summary.parameters == graph.parameterCount)
    }

    @Test func `the table of layers`() throws {
        #expect(
            try Summary(graph, frozenThrough: "pooled").text() == """
                Layer       Operation       Input    Output  Parameters  Trainable  Multiply-adds
                ---------------------------------------------------------------------------------
                stem.0      conv 3x3 /2     16x16x3  8x8x4          108  no                 6,912
                stem.1      batch norm      8x8x4    8x8x4            8  no
                stem.2      relu            8x8x4    8x8x4
                body.0.0    conv 3x3        8x8x4    8x8x8          288  no                18,432
                body.0.1    batch norm      8x8x8    8x8x8           16  no
                body.0.2    silu            8x8x8    8x8x8
                body        conv 1x1        8x8x4    8x8x8           32  no                 2,048
                body        add             8x8x8    8x8x8
                avgpool     global average  8x8x8    1x1x8
                flatten     flatten         1x1x8    8
                classifier  linear          8        3               27  yes                   24
                ---------------------------------------------------------------------------------
                Parameters     479 (trainable 27, frozen 452)
                Multiply-adds  27,416 an image

                """)
    }

    @Test func `the table of stages`() throws {
        #expect(
            try Summary(graph, frozenThrough: "stem").text(.stages) == """
                Layer   Operation  Input    Output  Parameters  Trainable  Multiply-adds
                ------------------------------------------------------------------------
                stem    3 layers   16x16x3  8x8x4          116  no                 6,912
                body    5 layers   8x8x4    8x8x8          336  yes               20,480
                pooled  2 layers   8x8x8    8
                logits  linear     8        3               27  yes                   24
                ------------------------------------------------------------------------
                Parameters     479 (trainable 363, frozen 116)
                Multiply-adds  27,416 an image

                """)
    }

    @Test func `an unknown stage is refused`() {
        #expect(message { try Summary(graph, frozenThrough: "bodi") } == "unknown stage 'bodi'; did you mean 'body'?")
    }
}
