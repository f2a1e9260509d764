using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;

namespace Signaling.Client;

/// <summary>A peer at a signaling node: stays registered whatever happens to the connection, and sends and receives every message once and in order.</summary>
/// <remarks>
/// Effectively once: what has no receipt when a connection ends is sent again, in order, with the same id; node and recipient recognise it. A message counts as received
/// once the application has processed it, which is when it asks <see cref="ReceiveAsync"/> for the next one; until then the node keeps it. That holds between two
/// clients of this kind as long as their objects live; an application that is started anew may get again what it was processing. All members are safe for parallel use.
/// </remarks>
public sealed partial class SignalingClient : IAsyncDisposable
{
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(2);

    private readonly SignalingClientOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Outbox _outbox;
    private readonly Inbox _inbox;
    private readonly Questions _questions;
    private readonly HashSet<string> _watched = [];
    private readonly Channel<PeerMessage> _ready = Channel.CreateUnbounded<PeerMessage>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _end = new();
    private readonly Signal _reconnectNow = new();
    private readonly BackOff _backOff;
    private readonly LateRegistrations _late;
    private readonly ITimer _retryTimer;
    private readonly ITimer _gapTimer;
    private readonly TaskCompletionSource<Registration> _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Link? _link;
    private Task? _running;
    private PeerMessage? _inHand;
    private bool _isDisposed;
    private int _isReceiving;
    private int _questionNumber;
    private int _unprocessed;

    /// <summary>Does nothing yet: see <see cref="ConnectAsync"/>. What is sent before waits.</summary>
    public SignalingClient(SignalingClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        RequirePeerId(options.PeerId, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.OutboxCapacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Window, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Window, 256);
        (_options, _time) = (options, options.TimeProvider);
        _outbox = new Outbox(options, MessageId.NewSession);
        _inbox = new Inbox(options.GapTimeout, _time, Pass);
        _questions = new Questions(_time);
        _backOff = new BackOff(options.BackOffBase, options.BackOffLimit, options.Jitter);
        _late = new LateRegistrations(_time);
        _retryTimer = _time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _gapTimer = _time.CreateTimer(_ => CloseGaps(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The connection was made or lost, or the client has ended. A handler that throws ends the client.</summary>
    public event EventHandler<StateChange>? StateChanged;

    /// <summary>A peer came or went, of those in <see cref="SignalingClientOptions.Presence"/> and the watched. A handler that throws ends the client.</summary>
    public event EventHandler<PeerStatus>? PresenceChanged;

    /// <summary>The node reported a mistake that belongs to no call. A handler that throws ends the client.</summary>
    public event EventHandler<SignalingException>? ErrorReceived;

    /// <summary>How the client stands with its node.</summary>
    public ConnectionState State { get; private set; }

    /// <summary>The last registration; null before the first.</summary>
    public Registration? Registration { get; private set; }

    /// <summary>Completes when the client has ended: disposed of, or with the exception that ended it, such as <see cref="ReplacedException"/> or <see cref="UnauthorizedException"/>.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Connects and registers, and from then on stays registered. Where the node cannot be reached it tries again, until the token is cancelled; also then it goes on trying.</summary>
    /// <exception cref="UnauthorizedException">The node does not let it have its peer id.</exception>
    /// <exception cref="SignalingException">The node does not accept the registration as it is.</exception>
    public Task<Registration> ConnectAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _running ??= Task.Run(RunAsync, CancellationToken.None);
        }
        return _registered.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Messages of other peers, a sender's in the order in which it sent them. Ends when the client is disposed of.</summary>
    /// <remarks>
    /// A message is acknowledged when the next one is asked for, or by <see cref="Acknowledge"/>. A loop that is left before, by <c>break</c> or an exception, gets it again the next time.
    /// One loop at a time. The node hands over what has 1 MiB unacknowledged; more waits there.
    /// </remarks>
    /// <exception cref="InvalidOperationException">Another loop is running.</exception>
    /// <exception cref="SignalingException">The client has ended by itself.</exception>
    public async IAsyncEnumerable<PeerMessage> ReceiveAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isReceiving, 1) == 1) throw new InvalidOperationException("Messages are received already.");
        try
        {
            while (_inHand is not null || await _ready.Reader.WaitToReadAsync(cancellationToken))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (_inHand is null && !_ready.Reader.TryRead(out _inHand)) continue;
                if (!_inHand.IsProcessed) yield return _inHand;
                Acknowledge(_inHand);
                _inHand = null;
            }
        }
        finally
        {
            Volatile.Write(ref _isReceiving, 0);
        }
    }

    /// <summary>Says that the application has a message, without asking for the next one.</summary>
    public void Acknowledge(PeerMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        lock (_gate)
        {
            if (message.IsProcessed) return;
            Inbox.Processed(message);
            _unprocessed--;
        }
        Wake();
    }

    /// <summary>Sends application data.</summary>
    /// <param name="to">The recipient's peer id.</param>
    /// <param name="payload">Anything but null and false.</param>
    /// <param name="cancellationToken">Gives up waiting. What was sent by then arrives nevertheless.</param>
    /// <returns>What became of it; only after that is it certain that it is not lost.</returns>
    /// <exception cref="OutboxFullException">Too much waits already.</exception>
    /// <exception cref="SignalingException">The node did not accept it.</exception>
    public Task<DeliveryStatus> SendAsync(string to, JsonElement payload, CancellationToken cancellationToken = default)
    {
        if (payload.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.False) throw new ArgumentException("A payload may not be null or false.", nameof(payload));
        return SendAsync(PeerMessageType.Message, to, json => Frames.WriteElement(json, "payload", payload), cancellationToken);
    }

    /// <inheritdoc cref="SendAsync(string, JsonElement, CancellationToken)"/>
    /// <param name="to">The recipient's peer id.</param>
    /// <param name="payload">What <paramref name="type"/> writes as anything but null and false.</param>
    /// <param name="type">How it is written, as a <c>JsonSerializerContext</c> has it.</param>
    /// <param name="cancellationToken">Gives up waiting. What was sent by then arrives nevertheless.</param>
    public Task<DeliveryStatus> SendAsync<T>(string to, T payload, JsonTypeInfo<T> type, CancellationToken cancellationToken = default) =>
        SendAsync(to, JsonSerializer.SerializeToElement(payload, type), cancellationToken);

    /// <summary>Sends a message of any type.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="to">The recipient's peer id.</param>
    /// <param name="members">An object; its members become the message's, but for those that this client sets: <c>type</c>, <c>to</c>, <c>from</c>, <c>id</c>, <c>receipt</c>, <c>oldestPending</c>.</param>
    /// <param name="cancellationToken">Gives up waiting. What was sent by then arrives nevertheless.</param>
    /// <inheritdoc cref="SendAsync(string, JsonElement, CancellationToken)"/>
    public Task<DeliveryStatus> SendAsync(PeerMessageType type, string to, JsonElement members, CancellationToken cancellationToken = default)
    {
        if (members.ValueKind != JsonValueKind.Object) throw new ArgumentException("An object is expected.", nameof(members));
        return SendAsync(type, to, json =>
        {
            foreach (var member in members.EnumerateObject().Where(member => member.Name is not ("type" or "to" or "id" or "receipt" or "from" or "oldestPending"))) member.WriteTo(json);
        }, cancellationToken);
    }

    /// <summary>Sends a session description offer.</summary>
    /// <inheritdoc cref="SendAsync(string, JsonElement, CancellationToken)"/>
    public Task<DeliveryStatus> SendOfferAsync(string to, string sdp, CancellationToken cancellationToken = default) =>
        SendAsync(PeerMessageType.Offer, to, json => json.WriteString("sdp", sdp), cancellationToken);

    /// <summary>Sends a session description answer.</summary>
    /// <inheritdoc cref="SendAsync(string, JsonElement, CancellationToken)"/>
    public Task<DeliveryStatus> SendAnswerAsync(string to, string sdp, CancellationToken cancellationToken = default) =>
        SendAsync(PeerMessageType.Answer, to, json => json.WriteString("sdp", sdp), cancellationToken);

    /// <summary>Sends an ICE candidate.</summary>
    /// <inheritdoc cref="SendAsync(string, JsonElement, CancellationToken)"/>
    public Task<DeliveryStatus> SendCandidateAsync(string to, IceCandidate candidate, CancellationToken cancellationToken = default) =>
        SendAsync(PeerMessageType.IceCandidate, to, json =>
        {
            json.WritePropertyName("candidate");
            JsonSerializer.Serialize(json, candidate, ClientJson.Default.IceCandidate);
        }, cancellationToken);

    /// <summary>Sends several ICE candidates in one message.</summary>
    /// <inheritdoc cref="SendAsync(string, JsonElement, CancellationToken)"/>
    public Task<DeliveryStatus> SendCandidatesAsync(string to, IReadOnlyList<IceCandidate> candidates, CancellationToken cancellationToken = default) =>
        SendAsync(PeerMessageType.IceCandidates, to, json =>
        {
            json.WritePropertyName("candidates");
            JsonSerializer.Serialize(json, [.. candidates], ClientJson.Default.IceCandidateArray);
        }, cancellationToken);

    /// <summary>Asks who is online, a page at a time.</summary>
    /// <param name="limit">Most peers on the page, up to 1,000.</param>
    /// <param name="after">The <see cref="PeersPage.Next"/> of the page before.</param>
    /// <param name="deviceType">Only peers of this type.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="SignalingException">The node did not answer that.</exception>
    public Task<PeersPage> GetPeersAsync(int limit = 1_000, string? after = null, string? deviceType = null, CancellationToken cancellationToken = default) =>
        AskAsync(id => Frames.GetPeers(id, limit, after, deviceType), (type, json) =>
            type == "peers-list" && json.Deserialize(ClientJson.Default.PeersList) is { } list ? new PeersPage(list.Peers, list.Total, list.Next) : null, cancellationToken);

    /// <summary>Asks whether a peer is online.</summary>
    /// <exception cref="SignalingException">The node did not answer that.</exception>
    public Task<PeerStatus> GetStatusAsync(string peerId, CancellationToken cancellationToken = default)
    {
        RequirePeerId(peerId, nameof(peerId));
        return AskAsync(id => Frames.GetStatus(id, peerId), (type, json) => type == "peer-status-response" ? StatusOf(json) : null, cancellationToken);
    }

    /// <summary>Asks for STUN and TURN servers, with fresh credentials.</summary>
    /// <exception cref="SignalingException">The node did not answer that.</exception>
    public Task<IceServers> GetIceServersAsync(CancellationToken cancellationToken = default) =>
        AskAsync(Frames.GetIceServers, (type, json) => type == "ice-servers" && json.Deserialize(ClientJson.Default.IceServersAnswer) is { } answer
            ? new IceServers(answer.IceServers, TimeSpan.FromSeconds(answer.TtlSeconds))
            : null, cancellationToken);

    /// <summary>Watches peers: tells how they are now, and from then on of every change by <see cref="PresenceChanged"/>, also after the connection was lost.</summary>
    /// <exception cref="SignalingException">The node does not let them be watched; none of these is.</exception>
    public async Task<IReadOnlyList<PeerStatus>> WatchAsync(IEnumerable<string> peerIds, CancellationToken cancellationToken = default)
    {
        string[] ids = [.. peerIds.Distinct()];
        foreach (var id in ids) RequirePeerId(id, nameof(peerIds));
        if (ids.Length == 0) return [];
        string[] added;
        lock (_gate) added = [.. ids.Where(_watched.Add)];
        try
        {
            return await AskAsync(id => Frames.Watch(id, ids), StatusesOf(ids), cancellationToken);
        }
        catch (SignalingException)
        {
            lock (_gate) _watched.ExceptWith(added);
            throw;
        }
    }

    /// <summary>Watches these peers no longer.</summary>
    public void Unwatch(IEnumerable<string> peerIds)
    {
        string[] ids = [.. peerIds.Distinct()];
        lock (_gate)
        {
            _watched.ExceptWith(ids);
            if (ids.Length > 0 && _link is { IsRegistered: true }) _link.Control.Enqueue(Frames.Unwatch(NextQuestionId(), ids));
        }
        Wake();
    }

    /// <summary>Ends a pause, and gives up the connection there is for a new one: for an application that knows that the network has changed. Nothing is lost by it.</summary>
    public void ReconnectNow()
    {
        _reconnectNow.Set();
        lock (_gate)
        {
            _backOff.Reset();
            _link?.Abort();
        }
    }

    /// <summary>Acknowledges what was processed and closes the connection. What is still to be sent or answered fails with <see cref="ObjectDisposedException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        Task running;
        lock (_gate)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            running = _running ?? Task.CompletedTask;
            if (_link is { IsRegistered: true }) _link.IsClosing = true;
            else running = Task.CompletedTask;                      // there is nobody to take leave of
        }
        Wake();
        await Task.WhenAny(running, Task.Delay(ClosePatience, _time));
        await _end.CancelAsync();
        await (_running ?? Task.CompletedTask);
        Finish(null);
        await _retryTimer.DisposeAsync();
        await _gapTimer.DisposeAsync();
        _end.Dispose();
    }

    private static void RequirePeerId(string peerId, string parameter)
    {
        ArgumentNullException.ThrowIfNull(peerId, parameter);
        if (peerId.Length is 0 or > 256 || peerId.Any(char.IsControl)) throw new ArgumentException("A peer id has 1 to 256 characters, none of them a control character.", parameter);
    }

    private async Task<DeliveryStatus> SendAsync(PeerMessageType type, string to, Action<Utf8JsonWriter> members, CancellationToken cancellationToken)
    {
        RequirePeerId(to, nameof(to));
        cancellationToken.ThrowIfCancellationRequested();
        var message = new OutgoingMessage(to, Frames.Message(type, to, members));
        lock (_gate)
        {
            ThrowIfEnded();
            _outbox.Add(message);
        }
        Wake();
        await using var giveUp = cancellationToken.Register(() =>
        {
            lock (_gate) _outbox.Cancel(message, cancellationToken);
        });
        return await message.Answer;
    }

    private async Task<T> AskAsync<T>(Func<string, byte[]> frame, Func<string, JsonElement, T?> read, CancellationToken cancellationToken) where T : class
    {
        cancellationToken.ThrowIfCancellationRequested();
        Question<T> question;
        lock (_gate)
        {
            ThrowIfEnded();
            var id = NextQuestionId();
            question = new Question<T>(id, frame(id), read);
            _questions.Add(question);
        }
        Wake();
        await using var giveUp = cancellationToken.Register(() => question.Cancel(cancellationToken));
        return await question.Answer;
    }

    private static PeerStatus? StatusOf(JsonElement json) => json.Text("peerId") is { } id
        ? new PeerStatus(id, json.Text("status") == "online", json.Text("deviceType"), json.TryGetProperty("deviceInfo", out var info) ? info.Clone() : default)
        : null;

    /// <summary>Complete with the first word about each.</summary>
    private static Func<string, JsonElement, List<PeerStatus>?> StatusesOf(string[] ids)
    {
        var (missing, statuses) = (ids.ToHashSet(), new List<PeerStatus>());
        return (type, json) =>
        {
            if (type == "peer-status" && StatusOf(json) is { } status && missing.Remove(status.PeerId)) statuses.Add(status);
            return missing.Count == 0 ? statuses : null;
        };
    }

    private string NextQuestionId() => $"q{++_questionNumber}";

    private void ThrowIfEnded()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (State == ConnectionState.Closed) throw EndedBy(_completion.Task.Exception?.InnerException);
    }

    private static Exception EndedBy(Exception? cause) => cause switch
    {
        null => new ObjectDisposedException(nameof(SignalingClient)),
        ReplacedException => new ReplacedException(),
        UnauthorizedException unauthorized => new UnauthorizedException(unauthorized.Code, unauthorized.Message),
        ConnectionRefusedException refused => new ConnectionRefusedException(refused.Status, null),
        SignalingException other => new SignalingException(other.Code, other.Message, other),
        _ => new SignalingException("ended", "The client has ended.", cause),
    };

    private void Wake()
    {
        Link? link;
        lock (_gate) link = _link;
        link?.Wake();
    }

    private void Pass(PeerMessage message)
    {
        _unprocessed++;
        _ready.Writer.TryWrite(message);
    }

    private void CloseGaps()
    {
        lock (_gate)
        {
            _inbox.CloseGaps();
            WaitForGaps();
        }
    }

    private void WaitForGaps() => _gapTimer.Change(_link is { IsRegistered: true } && _inbox.NextGap is { } due ? due : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
}
