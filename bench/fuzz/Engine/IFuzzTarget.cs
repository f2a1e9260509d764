namespace Signaling.Fuzz.Engine;

/// <summary>A part of the node that takes bytes from strangers, and what must be true of it whatever they are.</summary>
internal interface IFuzzTarget : IDisposable
{
    /// <summary>As on the command line; also the folder of its seeds.</summary>
    string Name { get; }

    /// <summary>What its inputs are made of: mutation puts them in.</summary>
    IReadOnlyList<byte[]> Tokens { get; }

    /// <summary>Takes one input. The same inputs in the same order lead to the same outcomes.</summary>
    /// <param name="input">Any bytes.</param>
    /// <param name="outcomes">Told what became of it.</param>
    /// <exception cref="FuzzFailureException">Something is not as it must be. Any other exception is a failure, too.</exception>
    void Run(ReadOnlySpan<byte> input, Outcomes outcomes);
}

/// <summary>What must always be true is not.</summary>
internal sealed class FuzzFailureException(string message) : Exception(message)
{
    /// <exception cref="FuzzFailureException">It is not so.</exception>
    public static void Unless(bool isSo, string otherwise)
    {
        if (!isSo) throw new FuzzFailureException(otherwise);
    }
}
