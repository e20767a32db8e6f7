"""`studio completion`: print a shell completion script."""

import click

from studio_sync.cli.app import App, pass_app


@click.command("completion")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")), metavar="SHELL")
@pass_app
def command(app: App, shell: str) -> None:
    """Print a script for shell completion: commands, options, paths, numbers, kinds and statuses.

    SHELL is bash (4.4 or newer), zsh or fish. Add the matching line below to your shell's configuration, or
    save the output in the folder from which the shell loads completions.

    \b
    Examples:
      echo 'eval "$(studio completion bash)"' >> ~/.bashrc
      echo 'eval "$(studio completion zsh)"' >> ~/.zshrc
      mkdir -p ~/.config/fish/completions
      studio completion fish > ~/.config/fish/completions/studio.fish
    """
    from studio_sync.cli.completing import script
    from studio_sync.cli.main import studio

    text = script(shell, studio)
    if app.json:
        app.report("completion", shell=shell, script=text)
    else:
        app.out.document(text)
