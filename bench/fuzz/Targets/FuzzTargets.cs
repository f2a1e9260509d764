using Signaling.Fuzz.Engine;

namespace Signaling.Fuzz.Targets;

/// <summary>Everything that can be fuzzed. A new target is added here, its seeds in <c>seeds/name</c>, its tokens in <see cref="Tokens"/>.</summary>
internal static class FuzzTargets
{
    /// <summary>The makers, by name, and how large a part of all inputs each gets: a conversation takes as long as ten others.</summary>
    public static readonly IReadOnlyDictionary<string, (Func<IFuzzTarget> Create, int Share)> All = new SortedDictionary<string, (Func<IFuzzTarget>, int)>(StringComparer.Ordinal)
    {
        ["envelope"] = (() => new EnvelopeTarget(), 8),
        ["frames"] = (() => new FramesTarget(), 7),
        ["handshake"] = (() => new HandshakeTarget(), 4),
        ["register"] = (() => new RegisterTarget(), 1),
        ["tokens"] = (() => new TokensTarget(), 4),
    };

    /// <summary>A run of this target on its seeds, in the order of their files' names.</summary>
    public static FuzzRun Start(IFuzzTarget target, int seed)
    {
        var files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "seeds", target.Name)).Order(StringComparer.Ordinal);
        return new FuzzRun(target, files.Select(File.ReadAllBytes), seed);
    }
}
