using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Signaling.Actors.Tests.Testing;
using Signaling.Client.Tests.Testing;

namespace Signaling.Client.Tests;

public class RegistrationSpecs : ClientSpecs
{
    private int _tokens;

    [Fact]
    public async Task A_new_token_is_asked_for_at_each_registration()
    {
        var connecting = Client(_ => Options(token: NextToken)).ConnectAsync();
        var first = await Node.NextAsync();
        Assert.Equal("token 1", (await first.ReadAsync("register")).GetProperty("token").GetString());

        first.Dispose();
        await Time.IsSetAsync(TimeSpan.FromSeconds(1));
        Time.Advance(TimeSpan.FromSeconds(1));

        var second = await Node.NextAsync();
        Assert.Equal("token 2", (await second.ReadAsync("register")).GetProperty("token").GetString());
        await second.SendAsync("""{"type":"registered","isReconnect":false}""");
        await connecting.Soon();
    }

    [Fact]
    public async Task A_registration_is_renewed_before_it_expires()
    {
        var connecting = Client(_ => Options(token: NextToken)).ConnectAsync();
        var connection = await Node.NextAsync();
        await connection.ReadAsync("register");
        await connection.SendAsync("""{"type":"registered","isReconnect":false,"serverTime":1000000,"expiresAt":1010000}""");
        await connecting.Soon();

        await Time.IsSetAsync(TimeSpan.FromSeconds(8));             // of ten
        Time.Advance(TimeSpan.FromSeconds(8));

        Assert.Equal("token 2", (await connection.ReadAsync("register")).GetProperty("token").GetString());
    }

    [Fact]
    public async Task A_registration_that_is_good_for_longer_than_a_timer_waits_is_renewed_after_a_month()
    {
        var connecting = Client(_ => Options(token: NextToken)).ConnectAsync();
        var connection = await Node.NextAsync();
        await connection.ReadAsync("register");

        await connection.SendAsync("""{"type":"registered","isReconnect":false,"serverTime":0,"expiresAt":31536000000000}""");
        await connecting.Soon();

        await Time.IsSetAsync(TimeSpan.FromDays(30));
    }

    [Fact]
    public async Task A_source_of_tokens_that_fails_is_asked_again_after_a_pause()
    {
        var isDown = true;
        var connecting = Client(_ => Options(token: token => isDown ? throw new HttpRequestException() : NextToken(token))).ConnectAsync();
        await Time.IsSetAsync(TimeSpan.FromSeconds(1));

        isDown = false;
        await Node.NextAsync();
        Time.Advance(TimeSpan.FromSeconds(1));

        await Node.NextRegisteredAsync();
        await connecting.Soon();
    }

    [Fact]
    public async Task A_peer_proves_that_it_holds_its_key()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var connecting = Client(_ => Options(key: PeerKey.FromECDsa(key))).ConnectAsync();
        var connection = await Node.NextAsync();

        await connection.ReadAsync("get-challenge");
        await connection.SendAsync("""{"type":"challenge","nonce":"n0nce","expiresInMs":60000}""");
        var proof = (await connection.ReadAsync("register")).GetProperty("proof");

        var signature = Base64Url.DecodeFromChars(proof.GetProperty("signature").GetString());
        Assert.Equal("ES256", proof.GetProperty("algorithm").GetString());
        Assert.Equal("signal.example.org", proof.GetProperty("audience").GetString());
        Assert.True(key.VerifyData(Encoding.UTF8.GetBytes("signaling-node register\nsignal.example.org\nn0nce\nalice"), signature, HashAlgorithmName.SHA256));
        await connection.SendAsync("""{"type":"registered","isReconnect":false}""");
        await connecting.Soon();
    }

    [Fact]
    public void A_key_on_another_curve_is_none()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        Assert.Throws<ArgumentException>(() => PeerKey.FromECDsa(key));
    }

    private ValueTask<string?> NextToken(CancellationToken cancellationToken) => ValueTask.FromResult<string?>($"token {++_tokens}");
}
