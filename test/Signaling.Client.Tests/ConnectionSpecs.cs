using System.Net.WebSockets;
using Signaling.Actors.Tests.Testing;
using Signaling.Client.Tests.Testing;

namespace Signaling.Client.Tests;

public class ConnectionSpecs : ClientSpecs
{
    [Fact]
    public async Task A_client_registers_with_acks_and_is_told_about_the_node()
    {
        var client = Client();

        var connecting = client.ConnectAsync();
        var connection = await Node.NextAsync();
        var register = await connection.ReadAsync("register");
        await connection.SendAsync("""{"type":"registered","peerId":"alice","serverTime":0,"isReconnect":true,"node":"n1","sessionId":"s1","features":["receipts"]}""");
        var registration = await connecting.Soon();

        Assert.Equal("alice", register.GetProperty("peerId").GetString());
        Assert.True(register.GetProperty("acks").GetBoolean());
        Assert.Equal((true, "n1", "s1", "receipts"), (registration.IsReconnect, registration.Node, registration.SessionId, registration.Features[0]));
        Assert.Equal(ConnectionState.Registered, client.State);
    }

    [Fact]
    public async Task Each_connection_that_is_lost_is_followed_by_another_one_after_a_pause()
    {
        var (client, connection) = await RegisteredAsync();

        for (var i = 0; i < 2; i++)
        {
            connection.Dispose();
            await Time.IsSetAsync(TimeSpan.FromSeconds(1));         // it is short again after each registration
            Assert.Equal(ConnectionState.Disconnected, client.State);
            Time.Advance(TimeSpan.FromSeconds(1));
            connection = await Node.NextRegisteredAsync();
        }
    }

    [Fact]
    public async Task A_node_in_trouble_is_asked_ever_more_rarely()
    {
        var (_, connection) = await RegisteredAsync();

        foreach (var seconds in (int[])[1, 2, 4])
        {
            await connection.CloseAsync(1013);
            await Time.IsSetAsync(TimeSpan.FromSeconds(seconds));
            Time.Advance(TimeSpan.FromSeconds(seconds));
            connection = await Node.NextRegisteredAsync();
        }
    }

    [Fact]
    public async Task A_node_that_goes_away_says_when_to_come_back()
    {
        var (_, connection) = await RegisteredAsync();

        await connection.SendAsync("""{"type":"goaway","reason":"update","reconnectAfterMs":7300}""");
        await connection.CloseAsync(1012);

        await Time.IsSetAsync(TimeSpan.FromMilliseconds(7300));
        Time.Advance(TimeSpan.FromMilliseconds(7300));
        await Node.NextRegisteredAsync();
    }

    [Fact]
    public async Task An_application_that_knows_better_ends_the_pause()
    {
        var (client, connection) = await RegisteredAsync();
        connection.Dispose();
        await Time.IsSetAsync(TimeSpan.FromSeconds(1));

        client.ReconnectNow();

        await Node.NextRegisteredAsync();
    }

    [Fact]
    public async Task An_application_that_knows_better_has_a_connection_replaced_at_once()
    {
        var (client, connection) = await RegisteredAsync();

        client.ReconnectNow();

        await connection.IsOverAsync();
        await Node.NextRegisteredAsync();
    }

    [Fact]
    public async Task A_node_that_gives_no_sign_of_life_is_asked_for_one_and_then_given_up()
    {
        var (_, connection) = await RegisteredAsync();

        await Time.IsSetAsync(TimeSpan.FromSeconds(20));
        Time.Advance(TimeSpan.FromSeconds(20));
        await connection.ReadAsync("ping");
        await Time.IsSetAsync(TimeSpan.FromSeconds(10));
        Time.Advance(TimeSpan.FromSeconds(10));

        await connection.IsOverAsync();
        await Time.IsSetAsync(TimeSpan.FromSeconds(1));
        Time.Advance(TimeSpan.FromSeconds(1));
        await Node.NextRegisteredAsync();
    }

    [Fact]
    public async Task A_node_that_answers_a_ping_is_kept()
    {
        var (client, connection) = await RegisteredAsync();
        await Time.IsSetAsync(TimeSpan.FromSeconds(20));
        Time.Advance(TimeSpan.FromSeconds(20));
        await connection.ReadAsync("ping");

        await Time.IsSetAsync(TimeSpan.FromSeconds(10));
        Time.Advance(TimeSpan.FromSeconds(5));
        await connection.SendAsync("""{"type":"pong","timestamp":0,"ts":0}""");
        var status = client.GetStatusAsync("bob");
        await connection.ReadAsync("peer-status");
        await connection.SendAsync("""{"type":"peer-status-response","peerId":"bob","status":"offline"}""");
        await status.Soon();                                        // so the pong has been read
        Time.Advance(TimeSpan.FromSeconds(5));

        await Time.IsSetAsync(TimeSpan.FromSeconds(15));            // of silence are left until the next ping
        Assert.Equal(ConnectionState.Registered, client.State);
    }

    [Fact]
    public async Task A_client_that_was_replaced_ends_and_says_so()
    {
        var (client, connection) = await RegisteredAsync();
        var sending = client.SendOfferAsync("bob", "v=0");

        await connection.CloseAsync(1000, "replaced");

        await Assert.ThrowsAsync<ReplacedException>(() => client.Completion.Soon());
        await Assert.ThrowsAsync<ReplacedException>(() => sending.Soon());
        await Assert.ThrowsAsync<ReplacedException>(() => client.SendOfferAsync("bob", "v=0"));
        await Assert.ThrowsAsync<ReplacedException>(async () => await client.ReceiveAsync().GetAsyncEnumerator().MoveNextAsync().Soon());
        Assert.Equal(ConnectionState.Closed, client.State);
    }

    [Fact]
    public async Task A_client_that_may_not_be_here_ends_and_says_why()
    {
        var client = Client();
        var connecting = client.ConnectAsync();
        var connection = await Node.NextAsync();
        await connection.ReadAsync("register");

        await connection.SendAsync("""{"type":"error","error":"Not registered: the token has expired","code":"unauthorized","id":"register"}""");
        await connection.CloseAsync(4003, "unauthorized");

        var refusal = await Assert.ThrowsAsync<UnauthorizedException>(() => connecting.Soon());
        Assert.Equal(("unauthorized", "Not registered: the token has expired"), (refusal.Code, refusal.Message));
    }

    [Fact]
    public async Task A_registration_that_expires_ends_the_client()
    {
        var (client, connection) = await RegisteredAsync();

        await connection.SendAsync("""{"type":"error","error":"The token has expired","code":"auth-expired"}""");
        await connection.CloseAsync(4003, "token expired");

        Assert.Equal("auth-expired", (await Assert.ThrowsAsync<UnauthorizedException>(() => client.Completion.Soon())).Code);
    }

    [Theory]
    [InlineData(1002)]
    [InlineData(1007)]
    [InlineData(1009)]
    public async Task A_client_that_would_do_the_same_again_ends(int code)
    {
        var (client, connection) = await RegisteredAsync();

        await connection.CloseAsync(code);

        Assert.Equal((WebSocketCloseStatus)code, (await Assert.ThrowsAsync<ConnectionRefusedException>(() => client.Completion.Soon())).Status);
    }

    [Fact]
    public async Task A_registration_that_nobody_can_decide_now_is_tried_again_when_the_node_says()
    {
        var connecting = Client().ConnectAsync();
        var connection = await Node.NextAsync();
        await connection.ReadAsync("register");

        await connection.SendAsync("""{"type":"error","error":"later","code":"auth-unavailable","id":"register","retryAfterMs":4200}""");

        await Time.IsSetAsync(TimeSpan.FromMilliseconds(4200));
        Time.Advance(TimeSpan.FromMilliseconds(4200));
        await Node.NextRegisteredAsync();
        await connecting.Soon();
    }

    [Fact]
    public async Task A_registration_that_the_node_will_never_take_ends_the_client()
    {
        var connecting = Client().ConnectAsync();
        var connection = await Node.NextAsync();
        await connection.ReadAsync("register");

        await connection.SendAsync("""{"type":"error","error":"too much","code":"invalid-device-info","id":"register"}""");

        Assert.Equal("invalid-device-info", (await Assert.ThrowsAsync<SignalingException>(() => connecting.Soon())).Code);
    }

    [Fact]
    public async Task A_handler_that_throws_ends_the_client_with_its_exception()
    {
        var client = Client();
        client.StateChanged += (_, change) =>
        {
            if (change.State == ConnectionState.Connecting) throw new InvalidOperationException("a mistake");
        };

        await Assert.ThrowsAsync<SignalingException>(() => client.ConnectAsync().Soon());

        Assert.Equal("a mistake", (await Assert.ThrowsAsync<InvalidOperationException>(() => client.Completion.Soon())).Message);
    }

    [Fact]
    public async Task A_client_that_is_disposed_of_acknowledges_what_it_processed_and_closes_its_connection()
    {
        var (client, connection) = await RegisteredAsync();
        await connection.SendAsync("""{"type":"offer","to":"alice","from":"bob","sdp":"v=0","seq":5}""");
        await foreach (var message in client.ReceiveAsync())
        {
            client.Acknowledge(message);
            break;
        }

        var disposing = client.DisposeAsync().AsTask();

        Assert.Equal(5, (await connection.ReadAsync("ack")).GetProperty("seq").GetInt64());
        await connection.IsOverAsync();
        await connection.CloseAsync(1000);
        await disposing.Soon();
        await client.Completion.Soon();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.SendOfferAsync("bob", "v=0"));
    }
}
