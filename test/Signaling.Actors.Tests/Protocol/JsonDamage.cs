using CsCheck;

namespace Signaling.Actors.Tests.Protocol;

/// <summary>What can happen to a JSON text: a few bytes changed, removed, inserted, doubled or cut off.</summary>
internal static class JsonDamage
{
    /// <summary>Any byte, but mostly one that means something.</summary>
    private static readonly Gen<byte> Byte = Gen.Frequency((1, Gen.Byte), (3, Gen.OneOf("{}[]\":,\\/ \n\t01-+.eEutfn\0"u8.ToArray())));

    private static readonly Gen<(int Kind, int At, int Length, byte Value)> Damage = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 100_000], Gen.Int[0, 80], Byte);

    /// <summary>The text with one to three damages, never empty.</summary>
    public static Gen<byte[]> Of(byte[] text) => Damage.Array[1, 3].Select(damages => damages.Aggregate(text, Apply));

    private static byte[] Apply(byte[] text, (int Kind, int At, int Length, byte Value) damage)
    {
        var at = damage.At % text.Length;
        var end = Math.Min(at + damage.Length, text.Length);
        byte[] damaged = damage.Kind switch
        {
            0 => [.. text[..at], damage.Value, .. text[(at + 1)..]],
            1 => [.. text[..at], .. text[(at + 1)..]],
            2 => [.. text[..at], damage.Value, .. text[at..]],
            3 => [.. text[..end], .. text[at..]],
            _ => text[..at],
        };
        return damaged.Length > 0 ? damaged : " "u8.ToArray();
    }
}
