using System.ComponentModel.DataAnnotations;

namespace Signaling.Cluster.Hosting;

/// <summary>Several nodes that act as one.</summary>
public class ClusterOptions
{
    /// <summary>Whether this node is part of a cluster. It needs a store that all nodes share.</summary>
    public bool Enabled { get; set; }

    /// <summary>The name or IPv4 address by which the other nodes reach this one.</summary>
    [Required] public string Host { get; set; } = "127.0.0.1";

    /// <summary>The IPv4 address of this machine to listen at for other nodes, or <c>*</c> for each; empty for that of <see cref="Host"/>.</summary>
    public string BindHost { get; set; } = "";

    /// <summary>Where this node listens for the others.</summary>
    /// <value>1 to 65,535, default 9003.</value>
    [Range(1, 65_535)] public int Port { get; set; } = 9_003;

    /// <summary>Nodes, as <c>host:port</c>, by which to find the cluster: the same list on every node. A cluster begins with the first of them.</summary>
    public IList<string> SeedNodes { get; set; } = [];

    /// <summary>Parts that the mailboxes are divided into, to be spread over the nodes: the same on every node, and for good.</summary>
    /// <value>1 to 10,000, default 256.</value>
    [Range(1, 10_000)] public int Shards { get; set; } = 256;

    /// <summary>How long a node may be silent before the others hold it for unreachable.</summary>
    /// <value>1 s to 1 min, default 3 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")] public TimeSpan AcceptableSilence { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long unreachable nodes are waited for before the majority goes on without them, and a minority ends.</summary>
    /// <value>1 s to 10 min, default 2 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")] public TimeSpan StableAfter { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>With a certificate: SHA-1 thumbprints of others that nodes may have beside this node's own, while all of them get a new one.</summary>
    public IList<string> AlsoTrusted { get; set; } = [];

    /// <summary>How long the peers of a node that is gone, or whose directory begins anew, have to come back, on any node, before the others are told that they are offline;
    /// at least <see cref="Signaling.Actors.Presence.PresenceOptions.OfflineGrace"/>. It begins when the node is held for gone: for a node that was killed that is after <see cref="AcceptableSilence"/> and <see cref="StableAfter"/>.</summary>
    /// <value>0 to 10 min, default 5 s.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")] public TimeSpan ReturnGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Most bytes of messages that this node keeps until a mailbox on another node has answered for them; above it senders are told <c>recipient-busy</c>.</summary>
    /// <value>1 MiB to 16 GiB, default 256 MiB.</value>
    [Range(1_048_576, 17_179_869_184)] public long MaxKeptBytes { get; set; } = 268_435_456;

    /// <summary>Most bytes that wait to be sent to one other node; above it senders are told <c>recipient-busy</c>.</summary>
    /// <value>1 MiB to 4 GiB, default 64 MiB.</value>
    [Range(1_048_576, 4_294_967_296)] public long MaxLinkBytes { get; set; } = 67_108_864;
}
