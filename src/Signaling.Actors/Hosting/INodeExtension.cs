using Akka.Hosting;

namespace Signaling.Actors.Hosting;

/// <summary>What else runs in a node's actor system, before its own actors.</summary>
public interface INodeExtension
{
    /// <summary>Adds it.</summary>
    /// <param name="builder">Of the actor system.</param>
    /// <param name="provider">The host's services.</param>
    void Configure(AkkaConfigurationBuilder builder, IServiceProvider provider);

    /// <summary>Whether new clients may come, as far as this is concerned.</summary>
    bool IsReady { get; }
}
