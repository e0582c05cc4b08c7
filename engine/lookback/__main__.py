"""`python -m lookback`, and the command `lookback`."""

import _signal as signal  # type: ignore[import-not-found]  # built in: there at once, and `signal` takes its time


def main() -> None:
    heard: list[int] = []
    for sign in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(sign) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(sign, lambda sign, _: heard.append(sign))  # until there are words for it
    from lookback.cli.stop import listen

    listen(heard)
    from lookback.cli import main

    main.main()


if __name__ == "__main__":
    main()
