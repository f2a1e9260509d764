using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Node.Auth;

namespace Signaling.Node.Tests.Auth;

/// <summary>Only who holds the key has the id that is bound to it.</summary>
public sealed class KeyAuthorizerSpecs
{
    private readonly FakePins _pins = new();
    private readonly KeyOptions _options = new() { Audiences = [PeerKey.Audience, "localhost"] };

    public static TheoryData<string> Algorithms => ["Ed25519", "ES256"];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task An_id_that_is_made_from_a_key_is_its_holders_alone(string algorithm)
    {
        using var key = Make(algorithm);
        using var other = Make(algorithm);

        Assert.Equal("allowed", await AskAsync(key.Id, key.Proof(key.Id, "n")));
        Assert.Equal("unauthorized", await AskAsync(key.Id, other.Proof(key.Id, "n")));
        Assert.Equal("unauthorized", await AskAsync("key:" + key.Id[4..].ToUpperInvariant(), key.Proof("key:" + key.Id[4..].ToUpperInvariant(), "n")));
        Assert.Equal("unauthorized", await AskAsync("key:", key.Proof("key:", "n")));
        Assert.Empty(_pins.Bound);
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task Any_other_id_is_bound_to_the_first_key(string algorithm)
    {
        using var key = Make(algorithm);
        using var other = Make(algorithm);

        Assert.Equal("allowed", await AskAsync("alice", key.Proof("alice", "n")));
        Assert.Equal("unauthorized", await AskAsync("alice", other.Proof("alice", "n")));
        Assert.Equal("allowed", await AskAsync("alice", key.Proof("alice", "n")));
        Assert.Equal("allowed", await AskAsync("bob", other.Proof("bob", "n")));
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task A_proof_is_for_one_peer_one_nonce_and_one_server(string algorithm)
    {
        using var key = Make(algorithm);
        var proof = key.Proof("alice", "n");

        Assert.Equal("unauthorized", await AskAsync("bob", proof));
        Assert.Equal("unauthorized", await AskAsync("alice", proof, nonce: "m"));
        Assert.Equal("unauthorized", await AskAsync("alice", proof with { Nonce = "m" }, nonce: "m"));
        Assert.Equal("unauthorized", await AskAsync("alice", proof, nonce: null));
        Assert.Equal("unauthorized", await AskAsync("alice", key.Proof("alice", "n", "evil.example.org")));
        Assert.Equal("unauthorized", await AskAsync("alice", proof with { Audience = "localhost" }));
        Assert.Empty(_pins.Bound);
        Assert.Equal("allowed", await AskAsync("alice", key.Proof("alice", "n", "localhost")));
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task A_signature_or_key_that_is_changed_in_one_bit_is_none(string algorithm)
    {
        using var key = Make(algorithm);
        var proof = key.Proof("alice", "n");

        foreach (var at in new[] { 0, 1, 31, 32, 63 })
        {
            Assert.Equal("unauthorized", await AskAsync("alice", proof with { Signature = Flip(proof.Signature, at) }));
            Assert.Equal("unauthorized", await AskAsync("alice", proof with { Key = Flip(proof.Key, Math.Min(at, proof.Key.Length - 1)) }));
        }
        foreach (var length in new[] { 0, 1, 31, 32, 33, 63, 64, 65, 66 })
        {
            if (length != proof.Signature.Length) Assert.Equal("unauthorized", await AskAsync("alice", proof with { Signature = new byte[length] }));
            if (length != proof.Key.Length) Assert.Equal("unauthorized", await AskAsync("alice", proof with { Key = new byte[length] }));
        }
        Assert.Equal("unauthorized", await AskAsync("alice", proof with { Algorithm = algorithm == "ES256" ? "Ed25519" : "ES256" }));
        Assert.Equal("unauthorized", await AskAsync("alice", proof with { Algorithm = "none" }));
        Assert.Empty(_pins.Bound);
    }

    [Fact]
    public async Task Mobile_key_stores_sign_in_der()
    {
        using var key = PeerKey.P256();
        var signature = key.Sign(KeyProof.SignedText(PeerKey.Audience, "n", Attempts.Peer("alice")), DSASignatureFormat.Rfc3279DerSequence);

        Assert.Equal("allowed", await AskAsync("alice", key.Proof("alice", "n") with { Signature = signature }));
    }

    /// <summary>RFC 8032 §7.1, test 2: what is read here is what the standard says, not only what our own signer makes.</summary>
    [Fact]
    public void Ed25519_is_that_of_the_standard()
    {
        var key = Convert.FromHexString("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        var signature = Convert.FromHexString("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");

        Assert.True(NSec.Cryptography.PublicKey.TryImport(NSec.Cryptography.SignatureAlgorithm.Ed25519, key, NSec.Cryptography.KeyBlobFormat.RawPublicKey, out var read));
        Assert.True(NSec.Cryptography.SignatureAlgorithm.Ed25519.Verify(read!, [0x72], signature));
        Assert.Equal("signaling-node register\nsignal.example.org\nn\nalice", KeyProof.SignedText(PeerKey.Audience, "n", Attempts.Peer("alice")));
    }

    [Fact]
    public async Task Without_first_use_only_ids_made_from_keys_are_taken()
    {
        _options.FirstUse = false;
        using var key = PeerKey.Ed25519();

        Assert.Equal("unauthorized", await AskAsync("alice", key.Proof("alice", "n")));
        Assert.Equal("allowed", await AskAsync(key.Id, key.Proof(key.Id, "n")));
    }

    [Fact]
    public async Task Who_brings_no_proof_is_asked_for_one()
    {
        Assert.Equal("auth-required", await AskAsync("alice", proof: null));
    }

    [Fact]
    public async Task Where_bindings_cannot_be_kept_a_client_may_try_again_and_where_no_more_are_kept_it_is_told()
    {
        using var key = PeerKey.Ed25519();
        _pins.Failure = new MailboxStoreException("the disk is full");
        Assert.Equal("auth-unavailable", await AskAsync("alice", key.Proof("alice", "n")));

        (_pins.Failure, _pins.IsFull) = (null, true);
        Assert.Equal("unauthorized", await AskAsync("alice", key.Proof("alice", "n")));
    }

    private static PeerKey Make(string algorithm) => algorithm == "ES256" ? PeerKey.P256() : PeerKey.Ed25519();

    private static byte[] Flip(ReadOnlyMemory<byte> bytes, int at)
    {
        var changed = bytes.ToArray();
        changed[at] ^= 1;
        return changed;
    }

    private async Task<string> AskAsync(string peer, KeyProof? proof, string? nonce = "n") =>
        (await new KeyAuthorizer(_options, _pins, NullLogger.Instance).AuthorizeAsync(Attempts.With(peer, proof: proof, nonce: nonce))).Outcome();

    private sealed class FakePins : IPins
    {
        public Dictionary<PeerId, byte[]> Bound { get; } = [];

        public Exception? Failure { get; set; }

        public bool IsFull { get; set; }

        public Task<byte[]?> PinAsync(PeerId peer, ReadOnlyMemory<byte> key)
        {
            if (Failure is { } failure) return Task.FromException<byte[]?>(failure);
            if (!IsFull) Bound.TryAdd(peer, key.ToArray());
            return Task.FromResult(Bound.GetValueOrDefault(peer));
        }
    }
}
