using System.Globalization;

namespace Signaling.Crash;

/// <summary>Sends messages that ask for a receipt, and sends again, in order and before anything newer, what got none when its connection ended.</summary>
internal sealed class Sender(string id, IReadOnlyList<string> recipients, Random random, RunningNode node, DeliveryChecker checker)
{
    /// <summary>Most messages without an answer; together the senders stay below what a mailbox remembers (256).</summary>
    private const int Window = 16;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, Message> _open = [];
    private int _number;
    private int _incarnation;

    /// <summary>Messages that were sent once more.</summary>
    public int SentAgain { get; private set; }

    /// <summary>Messages that were answered by an error; they are not sent again.</summary>
    public int Refused { get; private set; }

    /// <summary>Runs until it is told to finish, and has an answer to everything.</summary>
    public async Task RunAsync(CancellationToken finish)
    {
        while (!IsDone(finish))
        {
            using var connection = await node.ConnectAsync(id, acks: false);
            var reading = ReadAsync(connection);
            await SendAsync(connection, finish);
            connection.Dispose();
            await reading;
        }
    }

    private bool IsDone(CancellationToken finish)
    {
        lock (_gate) return finish.IsCancellationRequested && _open.Count == 0;
    }

    private async Task SendAsync(Connection connection, CancellationToken finish)
    {
        foreach (var message in Unanswered(connection))
        {
            SentAgain++;
            await connection.SendAsync(Json(message));
        }
        while (!connection.IsOver && !IsDone(finish))
        {
            await Task.Delay(random.Next(1, 5), CancellationToken.None);
            if (finish.IsCancellationRequested) continue;
            if (random.Next(500) == 0) return;                      // its own network fails
            if (Next() is not { } message) continue;
            checker.Attempts(message);
            await connection.SendAsync(Json(message));
        }
    }

    /// <summary>A few are given up where the node was killed: nobody knows what became of them. (Without a kill the former connection might still deliver them, too late.)</summary>
    private Message[] Unanswered(Connection connection)
    {
        lock (_gate)
        {
            if (connection.Incarnation != _incarnation)
            {
                foreach (var number in _open.Keys.Where(_ => random.Next(10) == 0).ToArray()) _open.Remove(number);
            }
            _incarnation = connection.Incarnation;
            return [.. _open.Values];
        }
    }

    private Message? Next()
    {
        lock (_gate)
        {
            if (_open.Count >= Window) return null;
            var message = new Message(id, recipients[random.Next(recipients.Count)], ++_number);
            _open.Add(message.Number, message);
            return message;
        }
    }

    private async Task ReadAsync(Connection connection)
    {
        while (await connection.ReadAsync() is { } answer)
        {
            if (answer.GetProperty("type").GetString() is not ("receipt" or "error") || !answer.TryGetProperty("id", out var named)) continue;
            var isReceipt = answer.GetProperty("type").ValueEquals("receipt");
            lock (_gate)
            {
                if (!_open.Remove(int.Parse(named.GetString()!.Split(' ')[1], CultureInfo.InvariantCulture), out var message)) continue;
                if (isReceipt) checker.Acknowledged(message);
                else Refused++;
            }
        }
    }

    private static string Json(Message message) =>
        $$"""{"type":"offer","to":"{{message.To}}","id":"{{message.From}} {{message.Number}}","receipt":true,"n":{{message.Number}},"body":"{{Body.Of(message.Number)}}"}""";
}
