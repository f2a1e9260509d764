namespace Signaling.Actors.Messages;

/// <summary>Which registration of a peer: rises with each, over restarts of its mailbox too, without a write for each.</summary>
/// <param name="Generation">Of the mailbox actor; the store hands out a higher one each time a mailbox is opened.</param>
/// <param name="Registration">Within the generation, from 1.</param>
public readonly record struct Epoch(long Generation, long Registration) : IComparable<Epoch>
{
    /// <inheritdoc/>
    public int CompareTo(Epoch other) => (Generation, Registration).CompareTo((other.Generation, other.Registration));

    /// <summary>The next registration's.</summary>
    public Epoch Next() => this with { Registration = Registration + 1 };

    /// <summary>Older.</summary>
    public static bool operator <(Epoch left, Epoch right) => left.CompareTo(right) < 0;

    /// <summary>Newer.</summary>
    public static bool operator >(Epoch left, Epoch right) => left.CompareTo(right) > 0;

    /// <summary>Older or the same.</summary>
    public static bool operator <=(Epoch left, Epoch right) => left.CompareTo(right) <= 0;

    /// <summary>Newer or the same.</summary>
    public static bool operator >=(Epoch left, Epoch right) => left.CompareTo(right) >= 0;
}
