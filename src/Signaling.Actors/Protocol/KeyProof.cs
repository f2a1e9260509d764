using System.Buffers.Text;
using System.Text.Json;

namespace Signaling.Actors.Protocol;

/// <summary>A peer's proof that it holds a private key: <c>register</c>'s <c>proof</c>.</summary>
/// <param name="Algorithm"><c>Ed25519</c> or <c>ES256</c> (ECDSA on P-256 with SHA-256).</param>
/// <param name="Key">The public key: 32 bytes of Ed25519 (RFC 8032 §5.1.5), or the 65 of an uncompressed point (SEC 1 §2.3.3), as WebCrypto exports it "raw".</param>
/// <param name="Audience">Which server the peer means to speak to.</param>
/// <param name="Nonce">The <c>challenge</c> that it signed.</param>
/// <param name="Signature">Of <see cref="SignedText"/>: 64 bytes; of ES256 also in DER, as mobile key stores make it.</param>
public sealed record KeyProof(string Algorithm, ReadOnlyMemory<byte> Key, string Audience, string Nonce, ReadOnlyMemory<byte> Signature)
{
    private const int MaxBytes = 2_048;
    private const int MaxChars = 256;

    /// <summary>What is signed, as UTF-8: a line each for the purpose, the server, the nonce and the peer id, none of which has a line break.</summary>
    public static string SignedText(string audience, string nonce, PeerId peer) => $"signaling-node register\n{audience}\n{nonce}\n{peer.Value}";

    /// <summary>Reads <c>register</c>'s <c>proof</c>; null counts as absent.</summary>
    /// <returns>False where it is something else than a proof.</returns>
    internal static bool TryRead(in Envelope register, out KeyProof? proof)
    {
        proof = null;
        var member = register[EnvelopeKey.Proof];
        if (!register.IsTruthy(member)) return true;
        if (member.Token != JsonTokenType.StartObject || member.End - member.Start > MaxBytes || !TryReadStrings(register.Raw(member), out var strings)) return false;
        if (!strings.TryGetValue("algorithm", out var algorithm) || !strings.TryGetValue("audience", out var audience) || !strings.TryGetValue("nonce", out var nonce)) return false;
        if (!TryDecode(strings, "key", out var key) || !TryDecode(strings, "signature", out var signature)) return false;
        proof = new KeyProof(algorithm, key, audience, nonce, signature);
        return true;
    }

    /// <summary>The members that are strings; of repeated ones the last counts.</summary>
    private static bool TryReadStrings(ReadOnlySpan<byte> json, out Dictionary<string, string> strings)
    {
        strings = [];
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Envelope.MaxDepth });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!JsonString.TryDecode(reader.ValueSpan, MaxChars, out var name)) return false;
            reader.Read();
            strings.Remove(name);
            if (reader.TokenType != JsonTokenType.String) reader.Skip();
            else if (!JsonString.TryDecode(reader.ValueSpan, MaxChars, out var text)) return false;
            else strings[name] = text;
        }
        return true;
    }

    private static bool TryDecode(Dictionary<string, string> strings, string name, out byte[] bytes)
    {
        bytes = [];
        if (!strings.TryGetValue(name, out var text) || !Base64Url.IsValid(text)) return false;
        bytes = Base64Url.DecodeFromChars(text);
        return true;
    }
}
