namespace Signaling.ClusterFaults.Histories;

/// <summary>What must never be in a history.</summary>
internal enum ViolationKind
{
    /// <summary>Its sender was told that it is delivered or kept, and it never came.</summary>
    Lost,

    /// <summary>It came, and nobody sent it so.</summary>
    Invented,

    /// <summary>It came again, and the recipient could not know it.</summary>
    Duplicated,

    /// <summary>It came behind a later one of its sender.</summary>
    Reordered,

    /// <summary>It was new, and came under a <c>seq</c> that its recipient has had: a client ignores it.</summary>
    SeqReused,

    /// <summary>Its sender was told of a message that it had not sent.</summary>
    Unasked,

    /// <summary>A client was made to give up.</summary>
    Ended,

    /// <summary>The store accepted a write of an owner whose mailbox another one had taken.</summary>
    DoubleOwner,
}

/// <summary>One of them.</summary>
internal sealed record Violation(ViolationKind Kind, string Text)
{
    public override string ToString() => $"{Kind}: {Text}";
}

/// <summary>What a fault did to those who were connected.</summary>
/// <param name="Fault">What it was, and when.</param>
/// <param name="Unreachable">How long each measured peer could not be reached.</param>
/// <param name="Disconnected">How long each peer was without a connection that it had not given up itself.</param>
/// <param name="AfterVerdict">Of a killed node's measured peers: from the failure detector's verdict until the last of them got a message elsewhere. Null where nobody was there, or no verdict is known.</param>
internal sealed record Disturbance(string Fault, Spread Unreachable, Spread Disconnected, TimeSpan? AfterVerdict);

/// <summary>How something is spread over peers.</summary>
/// <param name="Peers">How many it happened to.</param>
/// <param name="Median">Half of them had it shorter.</param>
/// <param name="P99">99 of 100 had it shorter.</param>
/// <param name="Longest">The longest.</param>
/// <param name="Worst">Whose it was.</param>
internal sealed record Spread(int Peers, TimeSpan Median, TimeSpan P99, TimeSpan Longest, string? Worst)
{
    public override string ToString() => Peers == 0 ? "nobody" : $"{Peers}: {Median.TotalSeconds:0.00} / {P99.TotalSeconds:0.00} / {Longest.TotalSeconds:0.00} s ({Worst})";
}

/// <summary>What a history says, after a complete drain.</summary>
/// <param name="Sent">Messages.</param>
/// <param name="Confirmed">Of them, those whose sender was told that they are delivered or kept.</param>
/// <param name="Refused">Those whose sender was told that they were not accepted.</param>
/// <param name="Received">Those that came.</param>
/// <param name="Ignored">How often one came again and was known.</param>
/// <param name="Owned">Writes whose owner was checked.</param>
/// <param name="Violations">What must not be.</param>
/// <param name="Disturbances">One for each fault.</param>
internal sealed record HistoryReport(
    int Sent, int Confirmed, int Refused, int Received, int Ignored, int Owned, IReadOnlyList<Violation> Violations, IReadOnlyList<Disturbance> Disturbances)
{
    /// <summary>Of this kind.</summary>
    public int Count(params ViolationKind[] kinds) => Violations.Count(violation => kinds.Contains(violation.Kind));
}
