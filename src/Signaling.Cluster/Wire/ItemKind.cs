namespace Signaling.Cluster.Wire;

/// <summary>What an item of a batch is. Numbers are never reused; a node skips those that it does not know, which a newer one sent.</summary>
internal enum ItemKind : byte
{
    /// <summary>To a mailbox: a message, which its sender's node keeps until it is answered.</summary>
    Deliver = 1,

    /// <summary>To a mailbox: a connection registers.</summary>
    Attach = 2,

    /// <summary>To a mailbox: a connection gives its id up.</summary>
    Detach = 3,

    /// <summary>To a mailbox: messages were delivered.</summary>
    Confirm = 4,

    /// <summary>To all mailboxes: a connection has ended, with or without a word.</summary>
    ConnectionGone = 5,

    /// <summary>To the node of a message's sender: it was delivered.</summary>
    Delivered = 10,

    /// <summary>To the node of a message's sender: it was stored.</summary>
    Stored = 11,

    /// <summary>To the node of a message's sender: it was not accepted.</summary>
    Refused = 12,

    /// <summary>To the node of a message's sender: it need not be kept any more.</summary>
    Released = 13,

    /// <summary>To a node that believes a mailbox here: it is not.</summary>
    NotHere = 14,

    /// <summary>To a connection, from its mailbox.</summary>
    Attached = 20,

    /// <inheritdoc cref="Attached"/>
    NotAttached = 21,

    /// <inheritdoc cref="Attached"/>
    Replaced = 22,

    /// <inheritdoc cref="Attached"/>
    Release = 23,

    /// <inheritdoc cref="Attached"/>
    AttachAgain = 24,

    /// <inheritdoc cref="Attached"/>
    TooSlow = 25,

    /// <inheritdoc cref="Attached"/>
    HandOver = 26,

    /// <summary>To a directory: what its node's peers do.</summary>
    Roster = 30,

    /// <summary>To a node: this one ends soon, and its mailboxes are to move.</summary>
    Ending = 31,
}
