using Akka.Actor;
using Signaling.Actors.Auth;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.DirectoryProtocol;
using static Signaling.Actors.Messages.MailboxProtocol;
using Envelope = Signaling.Actors.Protocol.Envelope;

namespace Signaling.Actors.Connections;

/// <content>Which ids its client has: how it gets one, how long it may keep it, and how it gives it up.</content>
internal sealed partial class ConnectionActor
{
    /// <summary>Akka's scheduler takes no more than some weeks; what is later is looked at again.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    private PendingRegistration? _registering;

    private void Register(in Envelope register)
    {
        var problem = ClientRequest.TryReadRegister(register, out var asked);
        if (problem is null && _services.Authorizer is not null) problem = ClientRequest.TryReadCredentials(register, ref asked);
        if (problem is null && _registrations.Find(asked.Peer) is null && _registrations.Count >= _services.Options.MaxPeerIds) problem = ErrorCode.TooManyAliases;
        if (problem is not null)
        {
            _replies.Refuse(problem, id: ClientRequest.Id(register));
            return;
        }
        _registering = new PendingRegistration(new Attach(asked.Peer, Self, asked.Acks), asked.Device, asked.Presence, ClientRequest.Id(register));
        if (_registrations.Current is not null) Schedule(Due.Registration, _services.Options.RegistrationTimeout);
        Become(Registering);
        if (_services.Authorizer is not { } authorizer) Attach(Grant.Unlimited);
        else if (asked is { Token: null, Proof: null } && _registrations.Find(asked.Peer) is { } registration) Attach(registration.Grant); // it has shown that it may
        else Authorize(authorizer, new RegistrationAttempt(asked.Peer, asked.Token ?? _origin.Token, asked.Proof, asked.Proof is null ? null : _challenge.Take(), _origin));
    }

    private void Authorize(IPeerAuthorizer authorizer, RegistrationAttempt attempt)
    {
        var verdict = authorizer.AuthorizeAsync(attempt);
        if (verdict.IsCompletedSuccessfully) Decide(verdict.Result);
        else verdict.AsTask().PipeTo(Self, success: decided => decided, failure: failure => new Status.Failure(failure));
    }

    private void Decide(Verdict verdict)
    {
        if (verdict.Grant is { } grant)
        {
            Attach(grant);
            return;
        }
        _replies.Refuse(verdict.Problem!, verdict.Detail, _registering!.Id);
        if (verdict.Problem == ErrorCode.Unauthorized) Close(CloseCode.Unauthorized, "unauthorized");
        else GoOn();
    }

    private void Attach(Grant grant)
    {
        _registering = _registering! with { Grant = grant };
        Schedule(Due.Registration, _services.Options.RegistrationTimeout);
        _services.Mailboxes.Tell(_registering.Request);
    }

    private void Registered(Attached attached)
    {
        if (_registering is not { Grant: { } grant } registering || attached.Peer != registering.Request.Peer)
        {
            Renew(attached);
            return;
        }
        TellOnline(_registrations.Register(registering.Request, registering.Device, grant, attached.Epoch, Sender));
        _registrations.AsksForMore |= registering.Request.Acks || registering.Presence != PresenceScope.Unnamed;
        _presence.Observe(attached.Peer, registering.Presence, grant.Reach); // before the client can tell anybody that it is here
        _replies.Registered(attached, grant);
        ExpireInTime();
        _presence.Follow();
        GoOn();
    }

    /// <summary>A client that holds the id, as far as it knows, is sent away; it is told when it comes back and registers.</summary>
    private void NotRegistered(NotAttached refused)
    {
        if (_registrations.Find(refused.Peer) is not null)
        {
            Close(CloseCode.TryAgainLater, "mailbox unavailable");
        }
        else if (_registering is { } registering && refused.Peer == registering.Request.Peer)
        {
            _replies.Refuse(ErrorCode.MailboxUnreadable, id: registering.Id);
            GoOn();
        }
    }

    private void ExpireInTime()
    {
        if (_registrations.ExpiresAt is not { } then) Timers.Cancel(Due.Expiry);
        else Schedule(Due.Expiry, TimeSpan.FromTicks(Math.Clamp((then - _services.Time.GetUtcNow()).Ticks, 0, LongestTimer.Ticks)));
    }

    /// <summary>What a client may for a time, it may no longer.</summary>
    private void Expire()
    {
        if (_registrations.ExpiresAt > _services.Time.GetUtcNow())
        {
            ExpireInTime();
            return;
        }
        _replies.Refuse(ErrorCode.AuthExpired);
        Close(CloseCode.Unauthorized, "token expired");
    }

    /// <summary>What the client sent behind <c>register</c> has its turn.</summary>
    private void GoOn()
    {
        _registering = null;
        if (_registrations.Current is not null) Timers.Cancel(Due.Registration);
        Become(Open);
        Stash.UnstashAll();
    }

    /// <summary>A mailbox was replaced by a successor, which knows nothing of this connection.</summary>
    private void AttachTo(PeerId peer)
    {
        if (_registering is { Grant: not null } registering && registering.Request.Peer == peer)
        {
            _services.Mailboxes.Tell(registering.Request);
        }
        else if (_registrations.Find(peer) is { } registration)
        {
            (registration.IsLeft, registration.IsSeeking) = (false, true);
            _services.Mailboxes.Tell(registration.Request! with { Previous = registration.Epoch });
        }
    }

    /// <summary>The mailbox moves. What the client has is found out first: it would get the rest again.</summary>
    private void LetGo(Release release)
    {
        if (_registrations.Find(release.Peer) is not { } registration || registration.Epoch != release.Epoch) return;
        registration.IsLeft = _isMoving = true;
        if (_unconfirmed.IsEmpty) AttachToSuccessors();
        else if (!_isConfirming) AskToConfirm();
    }

    private void AttachToSuccessors()
    {
        if (!_isMoving) return;
        _isMoving = false;
        foreach (var registration in _registrations.All)
        {
            if (!registration.IsLeft) continue;
            registration.IsLeft = false;
            registration.Detach();
            AttachTo(registration.Peer);
        }
    }

    /// <summary>The successor's answer.</summary>
    private void Renew(Attached attached)
    {
        if (_registrations.Find(attached.Peer) is not { } registration)
        {
            GiveBack(attached);
            return;
        }
        registration.Begin(attached.Epoch, Sender);
        TellOnline(registration);
    }

    /// <summary>The id was given up while the mailbox was asked for it.</summary>
    private void GiveBack(Attached attached)
    {
        Sender.Tell(new Detach(attached.Peer, attached.Epoch, Through: 0));
        _services.Directory.Tell(new PeerOffline(attached.Peer, attached.Epoch)); // whom it replaced is not here either
    }

    /// <summary>Told before the client is, so that whoever hears of it finds the peer here.</summary>
    private void TellOnline(Registration registration) =>
        _services.Directory.Tell(new PeerOnline(registration.Peer, registration.Epoch, Self, registration.Device));

    /// <returns>Whether it had the id.</returns>
    private bool TryReplace(Replaced replaced)
    {
        if (_registering?.Request.Peer == replaced.Peer && replaced.Epoch == default) return true; // it gave way
        if (_registrations.Find(replaced.Peer) is not { } registration || registration.Epoch != replaced.Epoch) return false;
        registration.IsReplaced = true;
        _services.Directory.Tell(new PeerOffline(replaced.Peer, replaced.Epoch, IsReplaced: true));
        return true;
    }

    /// <summary>Gives every id up. Its mailbox first: who finds the peer away may write to it.</summary>
    private void DetachAll()
    {
        try
        {
            _unconfirmed.Delivered(_socket.Delivered);
            _unconfirmed.Clear();
        }
        finally
        {
            // Whatever failed: nobody else tells the directory.
            if (_registering is { Grant: not null } pending) Withdraw(pending.Request.Peer);
            _registering = null;
            foreach (var registration in _registrations.All)
            {
                if (registration.IsSeeking) Withdraw(registration.Peer);
                registration.Detach();
                if (!registration.IsReplaced) _services.Directory.Tell(new PeerOffline(registration.Peer, registration.Epoch));
            }
            _registrations.Clear();
        }
    }

    private void Withdraw(PeerId peer, bool onlyGivesWay = false) => _services.Mailboxes.Tell(new Withdraw(peer, Self, onlyGivesWay));

    private void Unregister()
    {
        DetachAll();
        _presence.Stop();
        Timers.Cancel(Due.Expiry);
        Schedule(Due.Registration, _services.Options.RegistrationTimeout);
    }

    /// <summary>A registration under way.</summary>
    /// <param name="Request">For the mailbox.</param>
    /// <param name="Device">What the others are told of it.</param>
    /// <param name="Presence">Of whom the client wants to be told.</param>
    /// <param name="Id">Of the client's message.</param>
    /// <param name="Grant">What it may do; null until that is known.</param>
    private sealed record PendingRegistration(Attach Request, Device Device, PresenceScope Presence, ReadOnlyMemory<byte> Id, Grant? Grant = null);
}
