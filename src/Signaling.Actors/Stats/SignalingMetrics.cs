using System.Diagnostics.Metrics;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Stats;

/// <summary>Every instrument of the node, and the totals behind <c>/stats</c>: one source for both. Safe for parallel use.</summary>
/// <remarks>No peer id and no address is ever a tag.</remarks>
public sealed class SignalingMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "signaling";

    private readonly Counter<long> _errors;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _takeoverFights;
    private readonly Func<long> _queued;
    private long _connections, _connectionsTotal, _peers, _relayed, _stored, _expired, _dropped, _takeovers, _moved, _fenced;

    /// <summary>Creates the instruments.</summary>
    /// <param name="meters">Where they are observed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="queued">How many messages wait in mailboxes.</param>
    public SignalingMetrics(IMeterFactory meters, TimeProvider time, Func<long> queued)
    {
        (StartedAt, _queued) = (time.GetUtcNow(), queued);
        var meter = meters.Create(MeterName);
        meter.CreateObservableUpDownCounter("signaling.connections", () => Connections, "{connection}", "Open WebSockets, registered or not");
        meter.CreateObservableCounter("signaling.connections.total", () => ConnectionsTotal, "{connection}", "WebSockets ever opened");
        meter.CreateObservableUpDownCounter("signaling.peers", () => Peers, "{peer}", "Peers that are online on this node");
        meter.CreateObservableCounter("signaling.messages.relayed", () => Relayed, "{message}", "Messages handed to a peer that was here");
        meter.CreateObservableCounter("signaling.messages.stored", () => Stored, "{message}", "Messages ever stored for a peer that was away");
        meter.CreateObservableUpDownCounter("signaling.messages.queued", () => Queued, "{message}", "Messages that wait in mailboxes now");
        meter.CreateObservableCounter("signaling.messages.expired", () => Interlocked.Read(ref _expired), "{message}", "Messages older than their time to live");
        meter.CreateObservableCounter("signaling.messages.dropped", () => Interlocked.Read(ref _dropped), "{message}", "Oldest messages of mailboxes over their capacity");
        meter.CreateObservableCounter("signaling.takeovers", () => Interlocked.Read(ref _takeovers), "{takeover}", "Registrations that replaced another connection");
        meter.CreateObservableCounter("signaling.mailboxes.moved", () => Interlocked.Read(ref _moved), "{mailbox}", "Mailboxes that were handed to another node of the cluster");
        meter.CreateObservableCounter("signaling.mailboxes.fenced", () => Interlocked.Read(ref _fenced), "{mailbox}", "Mailboxes that stood down, since another node had opened them");
        _errors = meter.CreateCounter<long>("signaling.errors", "{error}", "Errors answered to clients, by code");
        _refused = meter.CreateCounter<long>("signaling.connections.refused", "{connection}", "Connections turned away, by limit: connections, address, handshakes");
        _takeoverFights = meter.CreateCounter<long>("signaling.takeover.fights", "{fight}", "Pairs of clients found replacing each other over and over");
    }

    /// <summary>When the node started.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>Open WebSockets, registered or not.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    /// <summary>WebSockets ever opened.</summary>
    public long ConnectionsTotal => Interlocked.Read(ref _connectionsTotal);

    /// <summary>Peers that are online on this node.</summary>
    public long Peers => Interlocked.Read(ref _peers);

    /// <summary>Messages handed to a peer that was here.</summary>
    public long Relayed => Interlocked.Read(ref _relayed);

    /// <summary>Messages ever stored.</summary>
    public long Stored => Interlocked.Read(ref _stored);

    /// <summary>Messages that wait in mailboxes now.</summary>
    public long Queued => _queued();

    internal void ConnectionOpened()
    {
        Interlocked.Increment(ref _connections);
        Interlocked.Increment(ref _connectionsTotal);
    }

    internal void ConnectionClosed() => Interlocked.Decrement(ref _connections);

    internal void PeersOnline(int count) => Interlocked.Exchange(ref _peers, count);

    internal void MessageRelayed() => Interlocked.Increment(ref _relayed);

    internal void MessagesStored(int count) => Interlocked.Add(ref _stored, count);

    internal void MessagesExpired(int count) => Interlocked.Add(ref _expired, count);

    internal void MessagesDropped(int count) => Interlocked.Add(ref _dropped, count);

    internal void TakenOver() => Interlocked.Increment(ref _takeovers);

    internal void MailboxMoved() => Interlocked.Increment(ref _moved);

    internal void MailboxFenced() => Interlocked.Increment(ref _fenced);

    internal void ConnectionRefused(string limit) => _refused.Add(1, new KeyValuePair<string, object?>("limit", limit));

    internal void TakeoverFightNoticed() => _takeoverFights.Add(1);

    internal void ErrorAnswered(ErrorCode error) => _errors.Add(1, new KeyValuePair<string, object?>("code", error.Code));
}
