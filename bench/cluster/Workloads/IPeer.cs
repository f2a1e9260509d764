namespace Signaling.ClusterFaults.Workloads;

/// <summary>How a peer comes and goes, beside what faults do to it.</summary>
internal enum Absence
{
    /// <summary>It stays.</summary>
    Never,

    /// <summary>It registers on another node while its connection is there still.</summary>
    Overtakes,

    /// <summary>It goes, and comes back elsewhere after a while.</summary>
    Leaves,

    /// <summary>Now this, now that.</summary>
    Both,
}

/// <summary>A client of the cluster, which goes on at another node where its own one fails, and records what it does.</summary>
internal interface IPeer : IAsyncDisposable
{
    string Id { get; }

    /// <summary>Begins; completes when it is registered for the first time.</summary>
    Task StartAsync();

    /// <summary>Asks it to send a message.</summary>
    /// <param name="to">The recipient.</param>
    /// <param name="due">When, where the message measures: it waits as long as it must. Any other is declined where it would have to wait.</param>
    void Offer(string to, long? due);

    /// <summary>Called twice a second: notices a connection that is silent.</summary>
    void LookAfterConnection();

    /// <summary>From now on it stays. Completes when each of its messages that asked for one has an answer.</summary>
    Task SettleAsync();

    /// <summary>Completes when it has everything that was accepted for it before.</summary>
    /// <remarks>By a message to itself: a mailbox is one line, so everything that was accepted before comes before it.</remarks>
    Task DrainAsync();
}
