using System.Security.Cryptography;
using Signaling.Actors.Tests.Testing;
using Signaling.Client.Tests.Testing;

namespace Signaling.Client.Tests;

/// <summary>A registration that was given up may still reach the node, and replace that of the next connection.</summary>
public class LateRegistrationSpecs : ClientSpecs
{
    [Fact]
    public async Task A_client_that_its_own_registration_replaced_takes_its_id_back()
    {
        var timeout = TimeSpan.FromSeconds(5);
        var client = Client(_ => Options(connectTimeout: timeout));
        var connecting = client.ConnectAsync();
        var first = await Node.NextAsync();
        await first.ReadAsync("register");
        await Time.IsSetAsync(timeout);                             // to connect
        await Time.IsSetAsync(timeout);                             // to register
        Time.Advance(timeout);
        await first.IsOverAsync();
        await PauseAsync(seconds: 1);
        var second = await Node.NextRegisteredAsync();
        await connecting.Soon();

        await second.CloseAsync(1000, "replaced");

        await PauseAsync(seconds: 1);
        await Node.NextRegisteredAsync();
        Assert.False(client.Completion.IsCompleted);
    }

    [Fact]
    public async Task Each_of_its_registrations_can_have_replaced_it_once()
    {
        var client = Client();
        var connecting = client.ConnectAsync();
        foreach (var seconds in (int[])[1, 2])
        {
            await GiveUpAsync();
            await PauseAsync(seconds);
        }
        var connection = await Node.NextRegisteredAsync();
        await connecting.Soon();

        for (var i = 0; i < 2; i++)
        {
            await connection.CloseAsync(1000, "replaced");
            await PauseAsync(seconds: 1);
            connection = await Node.NextRegisteredAsync();
        }
        await connection.CloseAsync(1000, "replaced");

        await Assert.ThrowsAsync<ReplacedException>(() => client.Completion.Soon());
    }

    [Fact]
    public async Task Its_registration_can_have_replaced_it_for_half_a_minute()
    {
        var (client, connection) = await RegisteredAfterGivingUpAsync();
        Time.Advance(TimeSpan.FromSeconds(28));                     // after a pause of 1 s

        await connection.CloseAsync(1000, "replaced");

        await PauseAsync(seconds: 1);
        await Node.NextRegisteredAsync();
        Assert.False(client.Completion.IsCompleted);
    }

    [Fact]
    public async Task A_registration_that_was_given_up_half_a_minute_ago_is_not_what_replaced_it()
    {
        var (client, connection) = await RegisteredAfterGivingUpAsync();
        Time.Advance(TimeSpan.FromSeconds(29));                     // after a pause of 1 s

        await connection.CloseAsync(1000, "replaced");

        await Assert.ThrowsAsync<ReplacedException>(() => client.Completion.Soon());
    }

    [Fact]
    public async Task A_registration_that_was_refused_is_not_what_replaced_it()
    {
        var client = Client();
        var connecting = client.ConnectAsync();
        var first = await Node.NextAsync();
        await first.ReadAsync("register");
        await first.SendAsync("""{"type":"error","error":"later","code":"auth-unavailable","id":"register","retryAfterMs":1000}""");
        await PauseAsync(seconds: 1);
        var second = await Node.NextRegisteredAsync();
        await connecting.Soon();

        await second.CloseAsync(1000, "replaced");

        await Assert.ThrowsAsync<ReplacedException>(() => client.Completion.Soon());
    }

    [Fact]
    public async Task A_connection_that_was_lost_before_it_sent_its_registration_is_not_what_replaced_it()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var client = Client(_ => Options(key: PeerKey.FromECDsa(key)));
        var connecting = client.ConnectAsync();
        var first = await Node.NextAsync();
        await first.ReadAsync("get-challenge");
        first.Dispose();
        await PauseAsync(seconds: 1);
        var second = await Node.NextAsync();
        await second.ReadAsync("get-challenge");
        await second.SendAsync("""{"type":"challenge","nonce":"n0nce","expiresInMs":60000}""");
        await second.ReadAsync("register");
        await second.SendAsync("""{"type":"registered","isReconnect":false}""");
        await connecting.Soon();

        await second.CloseAsync(1000, "replaced");

        await Assert.ThrowsAsync<ReplacedException>(() => client.Completion.Soon());
    }

    [Fact]
    public async Task A_registration_that_another_one_replaced_before_its_answer_came_has_reached_the_node()
    {
        var connecting = Client().ConnectAsync();
        var connection = await Node.NextAsync();
        await connection.ReadAsync("register");

        await connection.CloseAsync(1000, "replaced");

        await Assert.ThrowsAsync<ReplacedException>(() => connecting.Soon());
    }

    private async Task<(SignalingClient Client, ScriptedConnection Connection)> RegisteredAfterGivingUpAsync()
    {
        var client = Client();
        var connecting = client.ConnectAsync();
        await GiveUpAsync();
        await PauseAsync(seconds: 1);
        var connection = await Node.NextRegisteredAsync();
        await connecting.Soon();
        return (client, connection);
    }

    /// <summary>The next connection is lost with its registration under way.</summary>
    private async Task GiveUpAsync()
    {
        var connection = await Node.NextAsync();
        await connection.ReadAsync("register");
        connection.Dispose();
    }

    private async Task PauseAsync(int seconds)
    {
        await Time.IsSetAsync(TimeSpan.FromSeconds(seconds));
        Time.Advance(TimeSpan.FromSeconds(seconds));
    }
}
