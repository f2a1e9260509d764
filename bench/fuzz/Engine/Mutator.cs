using System.Buffers;
using System.Globalization;
using System.Text;

namespace Signaling.Fuzz.Engine;

/// <summary>Makes inputs from others: bytes changed, slices removed, repeated and exchanged, tokens put in, and whole fields, which are what lies between two separators of JSON or HTTP.</summary>
/// <param name="random">Decides everything.</param>
/// <param name="tokens">What may be put in.</param>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> tokens)
{
    /// <summary>No input is longer.</summary>
    public const int MaxBytes = 16_384;

    private const int MostMutations = 8;
    private const int ShortSlice = 12;
    private const int MostRepetitions = 300;
    private static readonly SearchValues<byte> Separators = SearchValues.Create("{}[]:,\r\n "u8);

    private readonly byte[] _bytes = new byte[MaxBytes];
    private int _length;

    private ReadOnlySpan<byte> Input => _bytes.AsSpan(0, _length);

    /// <summary>An input, which is valid until the next call.</summary>
    /// <param name="seed">What it is made of; cut where it is too long.</param>
    /// <param name="other">Gives parts of it.</param>
    public ReadOnlyMemory<byte> Mutate(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> other)
    {
        _length = Math.Min(seed.Length, MaxBytes);
        seed[.._length].CopyTo(_bytes);
        var mutations = 1;
        while (mutations < MostMutations && random.Next(2) == 0) mutations++;
        for (var i = 0; i < mutations; i++) MutateOnce(other);
        return _bytes.AsMemory(0, _length);
    }

    private void MutateOnce(ReadOnlySpan<byte> other)
    {
        var at = random.Next(_length + 1);
        switch (random.Next(15))
        {
            case 0 when at < _length: _bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1 when at < _length: _bytes[at] = (byte)random.Next(256); break;
            case 2: Replace(at..at, [(byte)random.Next(256)]); break;
            case 3: Replace(SliceOf(Input), []); break;
            case 4: Replace(at..at, Input[SliceOf(Input)]); break;
            case 5: Replace(at..at, Repeat(Input[SliceOf(Input)])); break;
            case 6: Replace(SliceOf(Input), other[SliceOf(other)]); break;
            case 7: Replace(at.._length, other[random.Next(other.Length + 1)..]); break;
            case 8: Replace(at..at, Token()); break;
            case 9 or 10: Replace(FieldOf(Input), Token()); break;
            case 11: Replace(FieldOf(Input), other[FieldOf(other)]); break;
            case 12: Replace(FieldOf(Input), []); break;
            case 13: Repeat(fields: random.Next(1, 4)); break;
            case 14 when at < _length: Replace(at..(at + 1), Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\\u{_bytes[at]:x4}"))); break;
        }
    }

    private byte[] Token() => tokens[random.Next(tokens.Count)];

    /// <summary>Puts some neighbouring fields, with the separators among and behind them, in once more elsewhere: of JSON often a member again.</summary>
    private void Repeat(int fields)
    {
        var start = FieldOf(Input).Start.Value;
        var end = start;
        for (; fields > 0 && end < _length; fields--) end = Math.Min(_length, end + FieldAt(Input[end..], 0).End.Value + 1);
        var at = FieldOf(Input).Start.Value;
        Replace(at..at, Input[start..end]);
    }

    private byte[] Repeat(ReadOnlySpan<byte> slice)
    {
        var times = random.Next(2, random.Next(4) == 0 ? MostRepetitions : 8);
        var repeated = new byte[Math.Min(MaxBytes, slice.Length * times)];
        for (var i = 0; i < repeated.Length; i++) repeated[i] = slice[i % slice.Length];
        return repeated;
    }

    /// <summary>Any part, most often a short one.</summary>
    private Range SliceOf(ReadOnlySpan<byte> bytes)
    {
        var start = random.Next(bytes.Length + 1);
        var longest = bytes.Length - start;
        return start..(start + random.Next(1 + (random.Next(4) == 0 ? longest : Math.Min(longest, ShortSlice))));
    }

    private Range FieldOf(ReadOnlySpan<byte> bytes) => FieldAt(bytes, random.Next(bytes.Length + 1));

    private static Range FieldAt(ReadOnlySpan<byte> bytes, int at)
    {
        var end = bytes[at..].IndexOfAny(Separators);
        return (bytes[..at].LastIndexOfAny(Separators) + 1)..(end < 0 ? bytes.Length : at + end);
    }

    /// <summary>What does not fit is cut off at the end.</summary>
    private void Replace(Range range, ReadOnlySpan<byte> by)
    {
        byte[] changed = [.. Input[..range.Start.Value], .. by, .. Input[range.End.Value..]];
        _length = Math.Min(changed.Length, MaxBytes);
        changed.AsSpan(0, _length).CopyTo(_bytes);
    }
}
