using System.ComponentModel.DataAnnotations;

namespace Signaling.Node.Storage;

/// <summary>Where messages for peers that are away are kept.</summary>
internal sealed class StoreOptions
{
    /// <summary>What keeps them.</summary>
    [EnumDataType(typeof(StoreKind))] public StoreKind Kind { get; set; } = StoreKind.Sqlite;

    /// <summary>Which PostgreSQL, and who the node is there, in Npgsql's words: <c>Host=db.example.org;Database=signaling;Username=signaling;Password=…</c>. A secret.</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>The schema of the database that holds the tables, made where there is none; so several clusters can share a database.</summary>
    /// <value>1 to 63 letters of a to z, digits and underscores.</value>
    [RegularExpression("[a-z_][a-z0-9_]{0,62}")] public string Schema { get; set; } = "signaling";

    /// <summary>The data directory, made where there is none; relative to the working directory.</summary>
    [Required] public string Directory { get; set; } = "data";

    /// <summary>Whether a message counts as kept before the disk has it.</summary>
    [EnumDataType(typeof(FsyncPolicy))] public FsyncPolicy Fsync { get; set; } = FsyncPolicy.Always;

    /// <summary>Most bytes of the database's file; above it senders are told <c>store-unavailable</c>. Its <c>-wal</c> file needs up to 64 MiB more.</summary>
    /// <value>1 MiB to 1 TiB, default 16 GiB.</value>
    [Range(1_048_576, 1_099_511_627_776)] public long MaxDatabaseBytes { get; set; } = 17_179_869_184;

    /// <summary>How long a sender waits for the store before it is told <c>store-unavailable</c>.</summary>
    /// <value>1 s to 10 min, default 10 s.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")] public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Most calls under way at a time; above it senders are told <c>store-unavailable</c> at once.</summary>
    /// <value>100 to 1,000,000, default 10,000.</value>
    [Range(100, 1_000_000)] public int MaxQueuedCalls { get; set; } = 10_000;

    /// <summary>Most bytes of messages on their way to the disk; above it likewise.</summary>
    /// <value>1 MiB to 4 GiB, default 64 MiB.</value>
    [Range(1_048_576, 4_294_967_296)] public long MaxQueuedBytes { get; set; } = 67_108_864;
}

/// <summary>What keeps messages.</summary>
internal enum StoreKind
{
    /// <summary>A file in the data directory.</summary>
    Sqlite,

    /// <summary>The process's memory: they go with it.</summary>
    Memory,

    /// <summary>A PostgreSQL server, which several nodes share.</summary>
    PostgreSql,
}

/// <summary>When a message counts as kept.</summary>
internal enum FsyncPolicy
{
    /// <summary>Once the disk has it: not even a power failure loses it.</summary>
    Always,

    /// <summary>Once the operating system has it: a power failure or a crash of the machine may lose the last ones, the end of the process none.</summary>
    Relaxed,
}
