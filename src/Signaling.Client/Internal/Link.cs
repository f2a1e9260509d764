using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;

namespace Signaling.Client;

/// <summary>One connection to the node: reads, writes, and notices when the node is gone. What to write and what a message means is the client's.</summary>
internal sealed class Link(WebSocket socket, SignalingClientOptions options) : IDisposable
{
    /// <summary>More than any node sends.</summary>
    private const int MaxMessageBytes = 64 * 1_048_576;

    /// <summary>Whatever ends the writing mostly has a reason that is still to be read.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = options.TimeProvider;
    private readonly Signal _wake = new();
    private long _lastReceived;
    private bool _isPingDue;

    /// <summary>Frames to send before anything else. Locked by the client, as all that follows.</summary>
    public Queue<byte[]> Control { get; } = [];

    /// <summary>What came on this connection.</summary>
    public Acknowledgements Acknowledgements { get; } = new(options.TimeProvider);

    /// <summary>Messages may be sent.</summary>
    public bool IsRegistered { get; set; }

    /// <summary>It is closed once there is nothing more to send.</summary>
    public bool IsClosing { get; set; }

    /// <summary>The node goes, and says when to come back.</summary>
    public TimeSpan? ReconnectAfter { get; set; }

    /// <summary>The answer to <c>register</c>; null before that was sent.</summary>
    public TaskCompletionSource<Registered>? Registering { get; set; }

    /// <summary>Its first <c>register</c> was sent, and neither taken nor refused.</summary>
    public bool IsUnanswered => !IsRegistered && Registering is { Task.IsCompleted: false };

    /// <summary>The answer to <c>get-challenge</c>.</summary>
    public TaskCompletionSource<string> Challenge { get; set; } = new();

    /// <summary>The last error that closed it, or will.</summary>
    public SignalingException? Refusal { get; set; }

    /// <summary>There is something to write, perhaps.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Ends it at once.</summary>
    public void Abort() => socket.Abort();

    /// <summary>Runs until the connection ends.</summary>
    /// <param name="next">The frame to write next; null while there is none.</param>
    /// <param name="handle">Takes a message of the node's, and its size in bytes.</param>
    /// <param name="stayRegistered">Runs beside, until it throws.</param>
    /// <param name="cancellationToken">Ends it at once.</param>
    /// <returns>Why it ended; null where it was closed from here.</returns>
    public async Task<Exception?> RunAsync(Func<byte[]?> next, Action<JsonElement, int> handle, Func<CancellationToken, Task> stayRegistered, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Interlocked.Exchange(ref _lastReceived, _time.GetTimestamp());
        var reading = ReadAsync(handle, end.Token);
        Task[] tasks = [reading, WriteAsync(next, end.Token), WatchHeartbeatAsync(end.Token), stayRegistered(end.Token)];
        var first = await Task.WhenAny(tasks);
        if (first == tasks[1])
        {
            await Task.WhenAny(reading, Task.Delay(LastWords, _time, end.Token));
            if (reading.IsCompleted) first = reading;
        }
        await end.CancelAsync();
        socket.Abort();
        try
        {
            await Task.WhenAll(tasks);
        }
        catch (Exception)                                           // of the others
        {
        }
        return first == reading && !first.IsFaulted && !first.IsCanceled ? await reading : first.Exception?.GetBaseException();
    }

    public void Dispose() => socket.Dispose();

    private async Task<Exception?> ReadAsync(Action<JsonElement, int> handle, CancellationToken cancellationToken)
    {
        var message = new ArrayBufferWriter<byte>();
        while (true)
        {
            var part = await socket.ReceiveAsync(message.GetMemory(4_096), cancellationToken);
            Interlocked.Exchange(ref _lastReceived, _time.GetTimestamp());
            if (part.MessageType == WebSocketMessageType.Close) return await ClosedAsync(cancellationToken);
            message.Advance(part.Count);
            if (message.WrittenCount > MaxMessageBytes) throw new InvalidDataException($"The node sent a message of more than {MaxMessageBytes} bytes.");
            if (!part.EndOfMessage) continue;
            using (var json = JsonDocument.Parse(message.WrittenMemory)) handle(json.RootElement, message.WrittenCount);
            message.ResetWrittenCount();
        }
    }

    private async Task<Exception?> ClosedAsync(CancellationToken cancellationToken)
    {
        var (status, reason) = (socket.CloseStatus ?? WebSocketCloseStatus.Empty, socket.CloseStatusDescription);
        if (socket.State == WebSocketState.CloseReceived)
        {
            try
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
            }
            catch (Exception failure) when (failure is WebSocketException or IOException or InvalidOperationException)
            {
                // The node did not wait for the answer.
            }
        }
        return CloseCodes.Exception(status, reason, Refusal);
    }

    private async Task WriteAsync(Func<byte[]?> next, CancellationToken cancellationToken)
    {
        while (true)
        {
            var frame = Interlocked.Exchange(ref _isPingDue, false) ? Frames.Ping : next();
            if (frame is not null)
            {
                await socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
            }
            else if (IsClosing)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken); // the node answers, or the one who closes loses patience
            }
            else
            {
                await _wake.WaitAsync(cancellationToken);
            }
        }
    }

    private async Task WatchHeartbeatAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var silence = _time.GetElapsedTime(Interlocked.Read(ref _lastReceived));
            if (silence < options.HeartbeatInterval)
            {
                await Task.Delay(options.HeartbeatInterval - silence, _time, cancellationToken);
                continue;
            }
            var asked = _time.GetTimestamp();
            Volatile.Write(ref _isPingDue, true);
            Wake();
            await Task.Delay(options.HeartbeatTimeout, _time, cancellationToken);
            if (Interlocked.Read(ref _lastReceived) < asked) throw new TimeoutException("The node gives no sign of life.");
        }
    }
}
