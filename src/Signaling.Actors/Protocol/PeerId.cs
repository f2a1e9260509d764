using System.Text;

namespace Signaling.Actors.Protocol;

/// <summary>The name under which a peer is reached: opaque, case-sensitive, 1 to 256 UTF-16 code units (as JavaScript's
/// <c>length</c> counts), without control characters and without unpaired surrogates.</summary>
public readonly record struct PeerId
{
    /// <summary>Orders ids by their UTF-16 code units.</summary>
    public static readonly IComparer<PeerId> ByText = Comparer<PeerId>.Create((a, b) => string.CompareOrdinal(a._value, b._value));

    /// <summary>Longest id, in UTF-16 code units.</summary>
    public const int MaxLength = 256;

    private readonly string _value;

    private PeerId(string value) => _value = value;

    /// <summary>The id as text. The default value of this type has none and is never produced by <see cref="TryParse"/>.</summary>
    public string Value => _value ?? throw new InvalidOperationException("This PeerId was never parsed.");

    /// <summary>The only way from a client's text to an id.</summary>
    /// <returns>False where the text breaks a rule of this type.</returns>
    public static bool TryParse(string? text, out PeerId peer)
    {
        peer = default;
        if (text is null || text.Length is 0 or > MaxLength) return false;
        for (var rest = text.AsSpan(); rest.Length > 0;)
        {
            // Rune refuses unpaired surrogates, which no UTF-8 text can carry.
            if (Rune.DecodeFromUtf16(rest, out var rune, out var used) != System.Buffers.OperationStatus.Done || Rune.IsControl(rune)) return false;
            rest = rest[used..];
        }
        peer = new PeerId(text);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(PeerId other) => string.Equals(_value, other._value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => _value is null ? 0 : string.GetHashCode(_value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => _value ?? "";
}
