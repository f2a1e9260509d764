using System.Net.WebSockets;
using System.Text.Json;

namespace Signaling.Client;

/// <content>Its connection: made, registered, lost, made again.</content>
public sealed partial class SignalingClient
{
    /// <summary>Of the time that a registration is good for, the part after which it is renewed.</summary>
    private const double RenewAfter = 0.8;

    /// <summary>No timer takes more than 49 days.</summary>
    private static readonly TimeSpan MaxRenewal = TimeSpan.FromDays(30);

    private static readonly TimeSpan RenewRetry = TimeSpan.FromSeconds(5);

    private async Task RunAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            Change(ConnectionState.Connecting, null);
            var (cause, pause) = await ConnectOnceAsync();
            if (_isDisposed || IsFinal(cause)) Finish(_isDisposed ? null : cause);
            if (State == ConnectionState.Closed) return;
            Change(ConnectionState.Disconnected, cause);
            await PauseAsync(pause ?? _backOff.Next());
        }
        Finish(null);
    }

    /// <returns>Why the connection ended, and how long to stay away where the node said so.</returns>
    private async Task<(Exception? Cause, TimeSpan? Pause)> ConnectOnceAsync()
    {
        Link? link = null;
        try
        {
            using var socket = await OpenAsync();
            using (link = new Link(socket, _options))
            {
                lock (_gate)
                {
                    link.IsClosing = _isDisposed;
                    _link = link;
                }
                var opened = link;
                var cause = await link.RunAsync(() => NextFrame(opened), (json, size) => Handle(opened, json, size), token => StayRegisteredAsync(opened, token), _end.Token);
                if (cause is ReplacedException)
                {
                    if (_late.TryTake()) cause = new ConnectionLostException(WebSocketCloseStatus.NormalClosure, "replaced"); // by this client itself
                }
                else if (link.IsUnanswered)
                {
                    _late.Add();
                }
                if (link.IsRegistered && cause is not ConnectionLostException { IsTrouble: true }) _backOff.Reset();
                return (cause, link.ReconnectAfter ?? (cause as SignalingException)?.RetryAfter);
            }
        }
        catch (Exception failure)                                   // of the network, of what sets it up: it is tried again, and StateChanged tells
        {
            return (failure, null);
        }
        finally
        {
            lock (_gate)
            {
                _link = null;
                _gapTimer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private async Task<WebSocket> OpenAsync()
    {
        using var patience = new CancellationTokenSource(_options.ConnectTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _end.Token);
        if (_options.Connect is { } connect) return await connect(_options.Server, either.Token);
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.KeepAliveInterval = TimeSpan.Zero;       // the heartbeat notices more
            _options.ConfigureWebSocket?.Invoke(socket.Options);
            await socket.ConnectAsync(_options.Server, either.Token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        await Task.WhenAny(Task.Delay(pause, _time, over.Token), _reconnectNow.WaitAsync(over.Token));
        await over.CancelAsync();
    }

    /// <summary>Registers, and again before the registration expires. Ends with an exception only.</summary>
    private async Task StayRegisteredAsync(Link link, CancellationToken cancellationToken)
    {
        var registered = await RegisterAsync(link, cancellationToken).WaitAsync(_options.ConnectTimeout, _time, cancellationToken);
        while (true)
        {
            await Task.Delay(RenewalOf(registered), _time, cancellationToken);
            registered = await RenewAsync(link, cancellationToken);
        }
    }

    private TimeSpan RenewalOf(Registered registered)
    {
        if (registered is not { ExpiresAt: { } end, ServerTime: { } now } || _options.Token is null) return Timeout.InfiniteTimeSpan;
        var renewal = RenewAfter * (end - now);
        return renewal < TimeSpan.Zero ? TimeSpan.Zero : renewal > MaxRenewal ? MaxRenewal : renewal;
    }

    private async Task<Registered> RenewAsync(Link link, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await RegisterAsync(link, cancellationToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException && !IsFinal(failure))
            {
                await Task.Delay((failure as SignalingException)?.RetryAfter ?? RenewRetry, _time, cancellationToken); // the registration is still good
            }
        }
    }

    private async Task<Registered> RegisterAsync(Link link, CancellationToken cancellationToken)
    {
        var token = _options.Token is { } ask ? await ask(cancellationToken) : null;
        var proof = _options.Key is { } key ? await ProveAsync(link, key, cancellationToken) : null;
        var registering = new TaskCompletionSource<Registered>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            link.Registering = registering;
            link.Control.Enqueue(Frames.Register(_options, token, proof));
        }
        link.Wake();
        return await registering.Task.WaitAsync(cancellationToken);
    }

    private async Task<Proof> ProveAsync(Link link, PeerKey key, CancellationToken cancellationToken)
    {
        var challenge = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            link.Challenge = challenge;
            link.Control.Enqueue(Frames.GetChallenge);
        }
        link.Wake();
        var nonce = await challenge.Task.WaitAsync(cancellationToken);
        var audience = _options.Audience ?? _options.Server.Host;
        var signature = await key.Sign(Frames.SignedText(audience, nonce, _options.PeerId), cancellationToken);
        return new Proof(key.Algorithm, key.PublicKey, audience, nonce, signature);
    }

    private byte[]? NextFrame(Link link)
    {
        lock (_gate)
        {
            if (link.Control.TryDequeue(out var frame)) return frame;
            if (!link.IsRegistered) return null;
            if (link.Acknowledgements.TakeDue(isIdle: _unprocessed == 0 || link.IsClosing) is { } seq) return Frames.Ack(seq);
            if (link.IsClosing) return null;
            if ((_questions.TakeDue() ?? _outbox.TakeDue()) is { } due) return due;
            if (Earlier(link.Acknowledgements.NextDue, Earlier(_questions.NextDue, _outbox.NextDue)) is { } wait) _retryTimer.Change(wait, Timeout.InfiniteTimeSpan);
            return null;
        }
    }

    private void Handle(Link link, JsonElement json, int size)
    {
        var type = json.Text("type") ?? "";
        switch (type)
        {
            case "registered":
                Welcome(link, json);
                break;
            case "offline-message" when json.TryGetProperty("originalMessage", out var original):
                Accept(link, original, size, json.Number("seq"), DateTimeOffset.FromUnixTimeMilliseconds(json.Number("storedAt") ?? 0));
                break;
            case "receipt":
                Receipt(json);
                break;
            case "challenge":
                link.Challenge.TrySetResult(json.Text("nonce") ?? "");
                break;
            case "goaway":
                link.ReconnectAfter = json.Milliseconds("reconnectAfterMs");
                break;
            case "error" when json.Text("from") is null:
                Refuse(link, json);
                break;
            case var _ when json.Text("from") is not null && PeerMessageTypes.TypeOf(type) is not null:
                Accept(link, json, size, json.Number("seq"), storedAt: null);
                break;
            default:
                lock (_gate) _questions.Answer(type, json);
                if (type == "peer-status" && StatusOf(json) is { } status) Raise(PresenceChanged, status);
                break;
        }
        link.Wake();
    }

    private void Welcome(Link link, JsonElement json)
    {
        if (json.Deserialize(ClientJson.Default.Registered) is not { } registered) return;
        var registration = new Registration(registered.IsReconnect, registered.Node, registered.SessionId, registered.Features ?? [], registered.ExpiresAt);
        bool isNew;
        lock (_gate)
        {
            Registration = registration;
            isNew = !link.IsRegistered;
            if (isNew) Begin(link, registered);
        }
        link.Registering?.TrySetResult(registered);
        if (!isNew) return;
        Change(ConnectionState.Registered, null);
        _registered.TrySetResult(registration);
    }

    /// <summary>Everything that the last connection left open is taken up again.</summary>
    private void Begin(Link link, Registered registered)
    {
        link.IsRegistered = true;
        if (registered.Limits?.MaxMessageBytes is { } max) _outbox.MaxMessageBytes = max;
        _outbox.SendAgain();
        _questions.AskAgain();
        if (_watched.Count > 0 && _registered.Task.IsCompleted)
        {
            string[] watched = [.. _watched];
            var id = NextQuestionId();
            _questions.AddFirst(new Question<List<PeerStatus>>(id, Frames.Watch(id, watched), StatusesOf(watched)));
        }
        _inbox.WaitAnew();
        WaitForGaps();
    }

    private void Accept(Link link, JsonElement json, int size, long? seq, DateTimeOffset? storedAt)
    {
        lock (_gate)
        {
            PeerMessage? waiting = null;
            if (json.Text("from") is { } from && PeerMessageTypes.TypeOf(json.Text("type")) is { } type)
            {
                waiting = _inbox.Accept(new PeerMessage(type, from, json.Clone(), storedAt), seq, size);
                WaitForGaps();
            }
            if (seq is { } number) link.Acknowledgements.Add(number, waiting);
        }
    }

    private void Receipt(JsonElement json)
    {
        if (json.Text("id") is not { } id) return;
        lock (_gate) _outbox.Answer(id, json.Text("status") == "stored" ? DeliveryStatus.Stored : DeliveryStatus.Delivered);
    }

    private void Refuse(Link link, JsonElement json)
    {
        var (code, text, id) = (json.Text("code") ?? "error", json.Text("error") ?? "", json.Text("id"));
        var refusal = code is "unauthorized" or "auth-required" or "auth-expired"
            ? (SignalingException)new UnauthorizedException(code, text)
            : new SignalingException(code, text) { RetryAfter = json.Milliseconds("retryAfterMs") };
        lock (_gate)
        {
            link.Refusal = refusal;
            if (id == Frames.RegisterId || !link.IsRegistered)
            {
                link.Registering?.TrySetException(refusal);
                link.Challenge.TrySetException(refusal);
                return;
            }
            if (id is not null)
            {
                _outbox.Refuse(id, refusal);
                _questions.Refuse(id, refusal);
                return;
            }
        }
        Raise(ErrorReceived, refusal);
    }

    private void Change(ConnectionState state, Exception? cause)
    {
        lock (_gate)
        {
            if (State == ConnectionState.Closed) return;
            State = state;
        }
        Raise(StateChanged, new StateChange(state, cause));
    }

    /// <summary>The end. Only the first call counts.</summary>
    private void Finish(Exception? cause)
    {
        lock (_gate)
        {
            if (State == ConnectionState.Closed) return;
            State = ConnectionState.Closed;
            _link?.Abort();
            _outbox.Fail(EndedBy(cause));
            _questions.Fail(EndedBy(cause));
            _ready.Writer.TryComplete(cause is null ? null : EndedBy(cause));
            _registered.TrySetException(EndedBy(cause));
            if (cause is null) _completion.TrySetResult();
            else _completion.TrySetException(cause);
        }
        Raise(StateChanged, new StateChange(ConnectionState.Closed, cause));
    }

    private void Raise<T>(EventHandler<T>? handlers, T change)
    {
        try
        {
            handlers?.Invoke(this, change);
        }
        catch (Exception mistake)                                   // of the application
        {
            Finish(mistake);
        }
    }

    /// <summary>Connecting again as before would end the same way.</summary>
    private static bool IsFinal(Exception? cause) => cause is SignalingException { Code: not ("auth-unavailable" or "store-unavailable" or "rate-limited") };

    private static TimeSpan? Earlier(TimeSpan? left, TimeSpan? right) => left is null || right < left ? right ?? left : left;
}
