using System.Text.Json.Serialization;

namespace Signaling.ClusterFaults.Histories;

/// <summary>What kind of client a peer is: what it ignores of what comes again, and what it may be promised.</summary>
internal enum PeerKind
{
    /// <summary>Acknowledges, and asks for receipts; ignores a <c>seq</c> or a message that it has had.</summary>
    Acks,

    /// <summary>Of the original protocol: neither. What comes to it again is ignored by whoever judges.</summary>
    Original,

    /// <summary>The .NET client, which ignores by itself what comes again: it hands over each message once.</summary>
    Client,
}

/// <summary>What a sender was told of a message.</summary>
internal enum Outcome
{
    /// <summary>A receipt: the recipient has it.</summary>
    Delivered,

    /// <summary>A receipt: it is kept.</summary>
    Stored,

    /// <summary><c>peer-offline</c>: it is kept.</summary>
    Offline,

    /// <summary>An error: it was not accepted.</summary>
    Refused,
}

/// <summary>One line of a run's history.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "op")]
[JsonDerivedType(typeof(Joined), "joined")]
[JsonDerivedType(typeof(Sent), "sent")]
[JsonDerivedType(typeof(Answered), "answered")]
[JsonDerivedType(typeof(Received), "received")]
[JsonDerivedType(typeof(Registered), "registered")]
[JsonDerivedType(typeof(Parted), "parted")]
[JsonDerivedType(typeof(Ended), "ended")]
[JsonDerivedType(typeof(Fault), "fault")]
[JsonDerivedType(typeof(Owned), "owned")]
internal abstract record HistoryEvent
{
    /// <summary>When.</summary>
    /// <value>Nanoseconds of a clock that never goes back, since the run began. Events stand in the order of their times.</value>
    public long At { get; init; }
}

/// <summary>A peer takes part, and is of this kind; from now on, where it has taken part before: it remembers what it has had.</summary>
internal sealed record Joined(string Peer, PeerKind Kind) : HistoryEvent;

/// <summary>A message is about to leave its sender, for the first time or again.</summary>
/// <param name="From">Its sender.</param>
/// <param name="To">Its recipient.</param>
/// <param name="Number">From 1, for each sender and recipient.</param>
/// <param name="Connection">Its sender's how manyth.</param>
/// <param name="Receipt">Its sender asks for a receipt, and sends it again on its next connection where none came.</param>
/// <param name="Due">When it was due, where it is one of those that measure: nanoseconds like <see cref="HistoryEvent.At"/>.</param>
internal sealed record Sent(string From, string To, int Number, int Connection, bool Receipt, long? Due = null) : HistoryEvent;

/// <summary>Its sender was told what became of it.</summary>
internal sealed record Answered(string From, string To, int Number, Outcome Outcome, string? Code = null) : HistoryEvent;

/// <summary>It came to its recipient, for the first time or again.</summary>
/// <param name="Peer">The recipient.</param>
/// <param name="From">Its sender.</param>
/// <param name="Number">Its number.</param>
/// <param name="Seq">What a peer that acknowledges was told.</param>
internal sealed record Received(string Peer, string From, int Number, long? Seq = null) : HistoryEvent;

/// <summary>A peer has a connection.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Connection">Its how manyth.</param>
/// <param name="Node">The node's name.</param>
internal sealed record Registered(string Peer, int Connection, string Node) : HistoryEvent;

/// <summary>A connection ended.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Connection">Which.</param>
/// <param name="IsLeave">The peer wanted it so.</param>
internal sealed record Parted(string Peer, int Connection, bool IsLeave) : HistoryEvent;

/// <summary>A client has given up, though nobody else has its id.</summary>
internal sealed record Ended(string Peer, string Why) : HistoryEvent;

/// <summary>Something was done to a node or to the network, or a node said something of the others.</summary>
/// <param name="Kind">What.</param>
/// <param name="Node">To whom, or of whom.</param>
/// <param name="Text">More of it, to read.</param>
internal sealed record Fault(FaultKind Kind, string Node, string? Text = null) : HistoryEvent;

/// <summary>The store accepted something of a mailbox. These events stand at the end, in the order in which they were committed.</summary>
/// <param name="Peer">Whose mailbox.</param>
/// <param name="Act">What.</param>
/// <param name="Generation">The owner's, or a later one that it numbers messages with.</param>
/// <param name="Node">Who did it.</param>
internal sealed record Owned(string Peer, OwnerAct Act, long Generation, string Node) : HistoryEvent;

/// <summary>What an <see cref="Owned"/> is.</summary>
internal enum OwnerAct
{
    /// <summary>The node took the mailbox.</summary>
    Opened,

    /// <summary>It put a message there.</summary>
    Wrote,

    /// <summary>It gave the mailbox up.</summary>
    Closed,
}

/// <summary>What a <see cref="Fault"/> is.</summary>
internal enum FaultKind
{
    /// <summary>SIGKILL.</summary>
    Killed,

    /// <summary>SIGTERM.</summary>
    Terminated,

    /// <summary>SIGSTOP.</summary>
    Stopped,

    /// <summary>SIGCONT.</summary>
    Continued,

    /// <summary>The node is cut off from others.</summary>
    Parted,

    /// <summary>The network is whole again.</summary>
    Healed,

    /// <summary>The node is being started.</summary>
    Started,

    /// <summary>The node says that it takes clients.</summary>
    Ready,

    /// <summary>The process ended.</summary>
    Exited,

    /// <summary>Another node cannot reach it: the failure detector's verdict.</summary>
    Unreachable,

    /// <summary>Another node can reach it again.</summary>
    Reachable,

    /// <summary>Another node holds it for no member any more.</summary>
    Removed,
}
