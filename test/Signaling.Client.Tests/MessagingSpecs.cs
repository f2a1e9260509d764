using Signaling.Actors.Tests.Testing;
using Signaling.Client.Tests.Testing;

namespace Signaling.Client.Tests;

public class MessagingSpecs : ClientSpecs
{
    [Fact]
    public async Task What_is_sent_without_a_connection_waits_for_one()
    {
        var client = Client();
        var sending = client.SendOfferAsync("bob", "v=0");

        _ = client.ConnectAsync();
        var connection = await Node.NextRegisteredAsync();
        var offer = await connection.ReadAsync("offer");
        await connection.SendAsync($$"""{"type":"receipt","id":"{{offer.GetProperty("id")}}","to":"bob","status":"stored"}""");

        Assert.Equal(("bob", "v=0"), (offer.GetProperty("to").GetString(), offer.GetProperty("sdp").GetString()));
        Assert.Equal(DeliveryStatus.Stored, await sending.Soon());
    }

    [Fact]
    public async Task What_had_no_receipt_is_sent_again_on_the_next_connection_with_the_same_id()
    {
        var (client, connection) = await RegisteredAsync();
        var sending = client.SendAsync("bob", Json("""{"text":"hello"}"""));
        var first = await connection.ReadAsync("message");

        connection.Dispose();
        await Time.IsSetAsync(TimeSpan.FromSeconds(1));
        Time.Advance(TimeSpan.FromSeconds(1));
        connection = await Node.NextRegisteredAsync();
        var second = await connection.ReadAsync("message");

        Assert.Equal(first.GetRawText(), second.GetRawText());
        await connection.SendAsync($$"""{"type":"receipt","id":"{{second.GetProperty("id")}}","to":"bob","status":"delivered"}""");
        Assert.Equal(DeliveryStatus.Delivered, await sending.Soon());
    }

    [Fact]
    public async Task A_message_is_acknowledged_once_the_application_asks_for_the_next_one()
    {
        var (client, connection) = await RegisteredAsync();
        var messages = client.ReceiveAsync().GetAsyncEnumerator();
        await connection.SendAsync("""{"type":"offer","to":"alice","from":"bob","sdp":"v=0","seq":5}""");
        Assert.True(await messages.MoveNextAsync().Soon());
        var offer = messages.Current;

        var status = client.GetStatusAsync("bob");                  // whatever is acknowledged goes before it
        await connection.ReadAsync("peer-status");
        await connection.SendAsync("""{"type":"peer-status-response","peerId":"bob","status":"offline"}""");
        await status.Soon();
        _ = messages.MoveNextAsync().AsTask();

        Assert.Equal(5, (await connection.ReadAsync("ack")).GetProperty("seq").GetInt64());
        Assert.Equal(("bob", "v=0", PeerMessageType.Offer), (offer.From, offer.Sdp, offer.Type));
    }

    [Fact]
    public async Task A_loop_that_was_left_gets_the_message_that_it_had_in_hand_again()
    {
        var (client, connection) = await RegisteredAsync();
        await connection.SendAsync("""{"type":"message","to":"alice","from":"bob","payload":1,"seq":5}""");
        await connection.SendAsync("""{"type":"message","to":"alice","from":"bob","payload":2,"seq":6}""");
        await foreach (var message in client.ReceiveAsync()) break;

        var payloads = new List<int>();
        await foreach (var message in client.ReceiveAsync())
        {
            payloads.Add(message.Payload.GetInt32());
            if (payloads.Count == 2) break;
        }

        Assert.Equal([1, 2], payloads);
    }

    [Fact]
    public async Task Messages_are_received_by_one_loop_at_a_time()
    {
        var client = Client();
        _ = client.ReceiveAsync().GetAsyncEnumerator().MoveNextAsync().AsTask();

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await client.ReceiveAsync().GetAsyncEnumerator().MoveNextAsync());
    }

    [Fact]
    public async Task A_message_that_is_delivered_again_after_a_lost_connection_is_passed_on_once_and_acknowledged_again()
    {
        var (client, connection) = await RegisteredAsync();
        var messages = client.ReceiveAsync().GetAsyncEnumerator();
        await connection.SendAsync("""{"type":"message","to":"alice","from":"bob","payload":1,"id":"s-1","oldestPending":1,"seq":5}""");
        Assert.True(await messages.MoveNextAsync().Soon());
        var next = messages.MoveNextAsync().AsTask();
        await connection.ReadAsync("ack");

        connection.Dispose();
        await Time.IsSetAsync(TimeSpan.FromSeconds(1));
        Time.Advance(TimeSpan.FromSeconds(1));
        connection = await Node.NextRegisteredAsync();
        await connection.SendAsync("""{"type":"offline-message","originalMessage":{"type":"message","to":"alice","from":"bob","payload":1,"id":"s-1","oldestPending":1},"storedAt":0,"deliveredAt":1,"seq":5}""");
        Assert.Equal(5, (await connection.ReadAsync("ack")).GetProperty("seq").GetInt64());
        await connection.SendAsync("""{"type":"message","to":"alice","from":"bob","payload":2,"id":"s-2","oldestPending":2,"seq":6}""");

        Assert.True(await next.Soon());
        Assert.Equal(2, messages.Current.Payload.GetInt32());
    }

    [Fact]
    public async Task A_message_that_does_not_come_is_waited_for_no_longer_than_told()
    {
        var (client, connection) = await RegisteredAsync();
        var next = client.ReceiveAsync().GetAsyncEnumerator();
        var coming = next.MoveNextAsync().AsTask();

        await connection.SendAsync("""{"type":"message","to":"alice","from":"bob","payload":2,"id":"s-2","oldestPending":1,"seq":6}""");
        await Time.IsSetAsync(TimeSpan.FromSeconds(10));
        Assert.False(coming.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(10));

        Assert.True(await coming.Soon());
    }

    [Fact]
    public async Task Who_gives_up_waiting_is_told_at_once()
    {
        var client = Client(_ => Options(capacity: 1));
        using var patience = new CancellationTokenSource();
        var sending = client.SendOfferAsync("bob", "v=0", patience.Token);
        await Assert.ThrowsAsync<OutboxFullException>(() => client.SendOfferAsync("bob", "v=0"));

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.Soon());
        _ = client.SendOfferAsync("bob", "v=0");                    // there is room again
    }

    [Fact]
    public async Task A_mistake_of_a_message_is_told_to_who_sent_it()
    {
        var (client, connection) = await RegisteredAsync();
        var sending = client.SendOfferAsync("bob", "v=0");
        var offer = await connection.ReadAsync("offer");

        await connection.SendAsync($$"""{"type":"error","error":"no","code":"out-of-reach","id":"{{offer.GetProperty("id")}}"}""");

        Assert.Equal("out-of-reach", (await Assert.ThrowsAsync<SignalingException>(() => sending.Soon())).Code);
    }

    [Fact]
    public async Task A_question_is_asked_again_where_its_connection_ended()
    {
        var (client, connection) = await RegisteredAsync();
        var asking = client.GetIceServersAsync();
        await connection.ReadAsync("get-ice-servers");

        connection.Dispose();
        await Time.IsSetAsync(TimeSpan.FromSeconds(1));
        Time.Advance(TimeSpan.FromSeconds(1));
        connection = await Node.NextRegisteredAsync();
        await connection.ReadAsync("get-ice-servers");
        await connection.SendAsync("""{"type":"ice-servers","iceServers":[{"urls":["stun:turn.example.org:3478"]}],"ttlSeconds":3600}""");

        var answer = await asking.Soon();
        Assert.Equal(TimeSpan.FromHours(1), answer.TimeToLive);
        Assert.Equal("stun:turn.example.org:3478", answer.Servers[0].Urls[0]);
    }

    [Fact]
    public async Task Who_asks_too_fast_is_answered_when_the_node_would()
    {
        var (client, connection) = await RegisteredAsync();
        var asking = client.GetPeersAsync();
        var question = await connection.ReadAsync("get-peers");

        await connection.SendAsync($$"""{"type":"error","error":"too fast","code":"rate-limited","id":"{{question.GetProperty("id")}}","retryAfterMs":700}""");
        await Time.IsSetAsync(TimeSpan.FromMilliseconds(700));
        Time.Advance(TimeSpan.FromMilliseconds(700));
        await connection.ReadAsync("get-peers");
        await connection.SendAsync("""{"type":"peers-list","peers":[{"peerId":"bob","deviceType":"ios","deviceInfo":{},"connectedAt":1000}],"count":1,"total":1,"timestamp":0}""");

        var peer = Assert.Single((await asking.Soon()).Peers);
        Assert.Equal(("bob", DateTimeOffset.FromUnixTimeSeconds(1)), (peer.PeerId, peer.ConnectedAt));
    }

    [Fact]
    public async Task Peers_that_are_watched_stay_watched_after_a_lost_connection()
    {
        var (client, connection) = await RegisteredAsync();
        var watching = client.WatchAsync(["bob"]);
        await connection.ReadAsync("watch");
        await connection.SendAsync("""{"type":"peer-status","peerId":"bob","status":"offline","deviceType":"unknown"}""");
        Assert.False((await watching.Soon())[0].IsOnline);

        connection.Dispose();
        await Time.IsSetAsync(TimeSpan.FromSeconds(1));
        Time.Advance(TimeSpan.FromSeconds(1));
        connection = await Node.NextRegisteredAsync();

        Assert.Equal("bob", (await connection.ReadAsync("watch")).GetProperty("peers")[0].GetString());
    }
}
