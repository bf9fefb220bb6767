// What a user of the package sees: the descriptions of models, and the facade. Scoped imports keep the rest of the modules
// (plans, kernels, archives) to themselves.

@_exported public import Zoo

// Answers.
@_exported public import struct Images.Picture
@_exported public import struct Images.SkippedFile
@_exported public import struct Inference.Embedding
@_exported public import struct Inference.FeatureProgress
@_exported public import struct Inference.LoadedModel
@_exported public import enum Inference.PictureDecoding
@_exported public import enum Inference.PictureInput
@_exported public import struct Inference.Prediction
@_exported public import struct Inference.Predictions

// Training.
@_exported public import struct Data.TableReading
@_exported public import struct Editing.ClassEdit
@_exported public import struct Editing.ClassEditResult
@_exported public import struct Editing.Retargeting
@_exported public import struct Engine.Initializer
@_exported public import struct Images.Augmentation
@_exported public import struct Images.ColorJitter
@_exported public import enum RunConfiguration.FrozenPrecision
@_exported public import struct Learning.Adam
@_exported public import struct Learning.AdamW
@_exported public import enum Learning.BatchNormMode
@_exported public import struct Learning.EarlyStopping
@_exported public import struct Learning.EpochRecord
@_exported public import struct Learning.FineTuningDecision
@_exported public import enum Learning.FreezeSettings
@_exported public import struct Learning.LAMB
@_exported public import struct Learning.LearningRateCurve
@_exported public import struct Learning.Lion
@_exported public import struct Learning.Mixing
@_exported public import struct Learning.OptimizerSettings
@_exported public import struct Learning.RMSprop
@_exported public import struct Learning.SGD
@_exported public import enum Learning.Sampler
@_exported public import struct Learning.ScheduleSettings
@_exported public import struct Learning.TrainerSettings
@_exported public import struct Learning.TrainingOutline
@_exported public import struct Learning.TrainingPhase
@_exported public import struct Learning.TrainingRecipe
@_exported public import enum Objectives.Assessment
@_exported public import struct Objectives.BinaryCrossEntropy
@_exported public import enum Objectives.ClassWeights
@_exported public import struct Objectives.CrossEntropy
@_exported public import struct Objectives.Evaluation
@_exported public import struct Objectives.FocalLoss
@_exported public import struct Objectives.HuberLoss
@_exported public import struct Objectives.Interval
@_exported public import struct Objectives.LabelEvaluation
@_exported public import struct Objectives.LossSettings
@_exported public import struct Objectives.PairedCount
@_exported public import struct Objectives.SquaredError
@_exported public import struct Objectives.ValueEvaluation
@_exported public import struct Objectives.WilsonInterval
@_exported public import struct RunConfiguration.PreprocessingChanges
@_exported public import struct RunConfiguration.TrainingConfiguration
@_exported public import struct Runs.FolderEvaluation
@_exported public import struct Runs.StoppedRun
@_exported public import enum Runs.TrainingEvent
@_exported public import struct Runs.TrainingMistake
@_exported public import struct Runs.TrainingResult
@_exported public import struct Runs.TrainingRun

// Picture formats.
@_exported public import struct Images.DecodedPicture
@_exported public import struct Images.ImageLimits
@_exported public import struct Images.PictureFile
@_exported public import protocol Images.PictureFormat
@_exported public import enum Images.PictureFormats

// Files.
@_exported public import enum Exchange.ModelFormat
@_exported public import struct Exchange.PortableModel
@_exported public import struct Exchange.SelfTest
@_exported public import struct Exchange.WrittenModel
@_exported public import struct WeightSources.DataSet
@_exported public import struct Weights.CacheDirectory
@_exported public import enum Weights.DType
@_exported public import struct Weights.ImportedModel
@_exported public import struct Weights.LoadReport
@_exported public import struct Weights.ModelMetadata
@_exported public import enum Weights.Storage
@_exported public import struct Weights.TensorEntry
@_exported public import struct Weights.WeightFile
@_exported public import struct Weights.WeightSet
