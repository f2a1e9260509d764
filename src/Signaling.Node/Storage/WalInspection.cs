using System.Buffers.Binary;

namespace Signaling.Node.Storage;

/// <summary>Looks for damage in the -wal file that a killed node left. SQLite itself takes the first frame that is not intact for the end, silently, as it
/// must where a write was cut short; but what was committed behind it is then gone.</summary>
/// <remarks>Format: https://sqlite.org/fileformat2.html#the_write_ahead_log.</remarks>
internal static class WalInspection
{
    private const int HeaderBytes = 32;
    private const int FrameHeaderBytes = 24;
    private const int UsualPageBytes = 4_096;
    private const uint BigEndianChecksums = 0x377F_0683;

    /// <returns>How many intact commits stand behind damage, so that SQLite will not see them; 0 where all is well or only the end is cut short.</returns>
    public static int LostCommits(string walFile)
    {
        if (!File.Exists(walFile)) return 0;
        using var wal = new FileStream(walFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1 << 20);
        return LostCommits(wal);
    }

    /// <inheritdoc cref="LostCommits(string)"/>
    public static int LostCommits(Stream wal)
    {
        var header = new byte[HeaderBytes];
        if (wal.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes) return 0;
        var isBigEndian = UInt32(header, 0) == BigEndianChecksums;
        var stored = Checksum.At(header, 24);
        var computed = Checksum.Of(header.AsSpan(0, 24), default, isBigEndian);
        var isDamaged = computed != stored;
        if (isDamaged) isBigEndian = false;                         // as on every machine that this node runs on
        var salt = isDamaged ? default : header.AsSpan(16, 8);
        var frame = new byte[FrameHeaderBytes + (isDamaged ? UsualPageBytes : (int)UInt32(header, 8))];
        var lost = 0;
        while (wal.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false) == frame.Length)
        {
            if (salt.IsEmpty) salt = frame.AsSpan(8, 8).ToArray();
            // A frame's checksum goes on from the one before. Of a damaged one either what it says or what it should say is right.
            var (fromStored, fromComputed) = (OfFrame(stored), OfFrame(computed));
            stored = Checksum.At(frame, 16);
            var isIntact = frame.AsSpan(8, 8).SequenceEqual(salt) && (stored == fromStored || stored == fromComputed);
            computed = stored == fromStored ? fromStored : fromComputed;
            if (!isIntact) isDamaged = true;
            else if (isDamaged && UInt32(frame, 4) != 0) lost++;    // a commit
        }
        return lost;

        Checksum OfFrame(Checksum before) => Checksum.Of(frame.AsSpan(FrameHeaderBytes), Checksum.Of(frame.AsSpan(0, 8), before, isBigEndian), isBigEndian);
    }

    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);

    private readonly record struct Checksum(uint First, uint Second)
    {
        public static Checksum At(ReadOnlySpan<byte> bytes, int at) => new(UInt32(bytes, at), UInt32(bytes, at + 4));

        public static Checksum Of(ReadOnlySpan<byte> bytes, Checksum before, bool isBigEndian)
        {
            var (first, second) = before;
            for (; bytes.Length >= 8; bytes = bytes[8..])
            {
                first += second + Word(bytes);
                second += first + Word(bytes[4..]);
            }
            return new Checksum(first, second);

            uint Word(ReadOnlySpan<byte> word) => isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(word) : BinaryPrimitives.ReadUInt32LittleEndian(word);
        }
    }
}
