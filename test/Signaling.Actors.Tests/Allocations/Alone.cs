namespace Signaling.Actors.Tests.Allocations;

/// <summary>What counts the allocations of the whole process runs beside no other test.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
