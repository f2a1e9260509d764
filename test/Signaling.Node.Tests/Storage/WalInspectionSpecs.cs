using Signaling.Node.Storage;
using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.Storage;

/// <summary>A flipped bit anywhere in a log is noticed, but for its last frame, where it looks as a write that was cut short.</summary>
public sealed class WalInspectionSpecs : IDisposable
{
    private const int HeaderBytes = 32;
    private const int FrameBytes = 24 + 4_096;
    private const int Commits = 4;

    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _wal;

    public WalInspectionSpecs()
    {
        var file = _folder.PathOf("mailboxes.db");
        using var connection = SqliteMailboxDatabase.OpenConnection(file);
        connection.Execute("PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER); PRAGMA wal_checkpoint(TRUNCATE)");
        for (var i = 0; i < Commits; i++) connection.Execute("INSERT INTO t VALUES (1)");
        _wal = ReadShared(file + "-wal");
        Assert.Equal(HeaderBytes + (Commits * FrameBytes), _wal.Length);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_whole_log_is_well() => Assert.Equal(0, Lost(_wal));

    [Fact]
    public void A_log_that_was_cut_short_anywhere_is_well()
    {
        for (var length = 0; length < _wal.Length; length += 7) Assert.Equal(0, Lost(_wal[..length]));
    }

    [Fact]
    public void A_flipped_bit_is_noticed_wherever_it_is_but_in_the_last_frame()
    {
        for (var at = 0; at < _wal.Length - FrameBytes; at++)
        {
            _wal[at] ^= (byte)(1 << (at % 8));
            Assert.True(Lost(_wal) > 0, $"byte {at}");
            _wal[at] ^= (byte)(1 << (at % 8));
        }
    }

    [Fact]
    public void What_the_log_before_left_behind_is_no_damage()
    {
        var reused = _wal.ToArray();
        reused.AsSpan(HeaderBytes + (2 * FrameBytes) + 8, 4).Clear();   // another salt
        reused.AsSpan(HeaderBytes + (3 * FrameBytes) + 8, 4).Clear();

        Assert.Equal(0, Lost(reused));
    }

    private static int Lost(byte[] wal) => WalInspection.LostCommits(new MemoryStream(wal));

    private static byte[] ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
