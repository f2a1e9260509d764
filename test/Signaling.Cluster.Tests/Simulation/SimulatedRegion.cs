using Akka.Actor;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Tests.Simulation;

/// <summary>Stands where the shard region of a node would be.</summary>
internal sealed class SimulatedRegion : ReceiveActor
{
    public SimulatedRegion(SimulatedCluster cluster, SimulatedNode node)
    {
        Receive<Locate>(locate => cluster.Route(node, locate.Peer, Sender));
        Receive<Asked>(asked =>
        {
            if (cluster.IsHome(asked.Peer, node)) Shard(asked.Peer).Tell(asked);
        });
        Receive<HandOff>(handOff => Shard(handOff.Peer).Tell(handOff));

        IActorRef Shard(PeerId peer) => Context.Child(NameOf(peer)) is var shard && !shard.IsNobody()
            ? shard
            : Context.ActorOf(Props.Create<ShardActor>(cluster, node, peer), NameOf(peer));
    }

    public static string NameOf(PeerId peer) => $"shard-{peer}";

    /// <summary>To the node where the mailbox is.</summary>
    internal sealed record Asked(PeerId Peer, IActorRef Asker);

    /// <summary>Another node is to have it.</summary>
    internal sealed record HandOff(PeerId Peer);

    private sealed class ShardActor : ReceiveActor, IWithTimers
    {
        /// <summary>Akka's hand-off-timeout is longer than this, and it stops entities by force a few seconds before.</summary>
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

        private IActorRef? _mailbox;
        private bool _isHandingOff;

        public ShardActor(SimulatedCluster cluster, SimulatedNode node, PeerId peer)
        {
            Receive<Asked>(asked =>
            {
                if (_isHandingOff) return;
                _mailbox ??= Context.Watch(Context.ActorOf(MailboxActor.Props(node.Mailboxes.AddressToStart(peer), node.Services)));
                _mailbox.Tell(new Locate(peer), asked.Asker);
            });
            Receive<HandOff>(_ =>
            {
                _isHandingOff = true;
                if (_mailbox is null)
                {
                    End();
                    return;
                }
                _mailbox.Tell(MailboxActor.HandOff.Instance);
                Timers.StartSingleTimer("force", "force", Patience);
            });
            Receive<string>(_ => Context.Stop(_mailbox));
            Receive<Terminated>(_ =>
            {
                _mailbox = null;
                if (_isHandingOff) End();
            });

            void End()
            {
                if (!node.IsDead) cluster.HandedOff(peer);
                Context.Stop(Self);
            }
        }

        public ITimerScheduler Timers { get; set; } = null!;        // set by Akka before PreStart

        /// <summary>As Akka's shards do, but for <see cref="Kill"/>, which stands for any failure here.</summary>
        protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Restart);
    }
}
