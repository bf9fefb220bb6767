/// placeholder
enum TensorBoardLog { static let fileName = "events.out.tfevents.0.graft" }
