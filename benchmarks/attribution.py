"""Ours against captum's attributions: seconds and peak memory, on the same network and photographs, one core.

Both explain SqueezeNet's probability (or score) of each photograph's class; they agree first, to the tolerance printed. Times are
medians of interleaved rounds. A method's memory is that of a fresh process which runs it alone, above the same process without it.
"""

import argparse
import multiprocessing
import resource
import time
import warnings

import captum.attr
import torch
from report import medians, row, write

from redrawn.data import imagenet
from redrawn.methods import attribution, classifiers

STEPS = 20
WHY = {
    "SmoothGrad": ", as each draws noise of its own",
    "guided backpropagation": "; ours masks by three tensor operations a layer, captum by two",
}


def methods(photographs: int) -> dict[str, tuple]:
    """Return {method: (ours, captum's)}, two calls without arguments."""
    net = classifiers.squeezenet(imagenet.squeezenet())
    images, truth = imagenet.photographs()
    x = net.prepare(torch.from_numpy(images[:photographs]))
    labels = torch.from_numpy(truth[:photographs])
    black = net.prepare(torch.zeros_like(x))
    score = attribution.class_score(net, labels)

    def grad_cam():
        features, slopes = attribution.layer_gradients(score, x, [net.fire9])[0]
        weights = attribution.grad_cam(features, slopes)
        return attribution.activation_map(features, weights, features.shape[2:])[:, None]

    def integrated():
        return attribution.integrated_gradients(attribution.walk(score, x, black, STEPS), "right")

    def smoothgrad():
        return attribution.smoothgrad(score, x, 0.15, STEPS, torch.Generator().manual_seed(0))

    def guided():
        return attribution.modified_gradient(net, "guided", x, labels)

    spread = [0.15 * (x.amax() - x.amin()).item()]
    tunnel = captum.attr.NoiseTunnel(captum.attr.Saliency(net))
    return {
        "gradient": (
            lambda: attribution.gradient(score, x),
            lambda: captum.attr.Saliency(net).attribute(x, labels, abs=False),
        ),
        "integrated gradients": (
            integrated,
            lambda: captum.attr.IntegratedGradients(net).attribute(
                x, black, labels, n_steps=STEPS, method="riemann_right"
            ),
        ),
        "SmoothGrad": (
            smoothgrad,
            lambda: tunnel.attribute(
                x,
                nt_type="smoothgrad",
                nt_samples=STEPS,
                stdevs=spread[0],
                target=labels,
                abs=False,
            ),
        ),
        "Grad-CAM": (
            grad_cam,
            lambda: captum.attr.LayerGradCam(net, net.fire9).attribute(
                x, labels, relu_attributions=True
            ),
        ),
        "guided backpropagation": (
            guided,
            lambda: captum.attr.GuidedBackprop(net).attribute(x, labels),
        ),
    }


def peak(name: str | None, place: int, photographs: int, send) -> None:
    """Send this process's peak memory in MB after one call of a method, or after none."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    calls = methods(photographs)
    if name is not None:
        calls[name][place]()
    send.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measured_apart(name: str | None, place: int, photographs: int) -> float:
    """Return `peak` of a fresh process."""
    fresh = multiprocessing.get_context("spawn")
    receive, send = fresh.Pipe(duplex=False)
    process = fresh.Process(target=peak, args=(name, place, photographs, send))
    process.start()
    found = receive.recv()
    process.join()
    return found


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photographs", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    names = list(methods(given.photographs))
    idle = measured_apart(None, 0, given.photographs)
    # before this process grows: a child begins with its parent's peak
    memory = {n: [measured_apart(n, i, given.photographs) - idle for i in (0, 1)] for n in names}
    calls = methods(given.photographs)
    rows = []
    for name, pair in calls.items():
        found = [call() for call in pair]
        apart = ((found[0] - found[1]).norm() / found[1].norm()).item()
        times = medians(dict(enumerate(pair)), given.rounds, time.process_time)
        ours, theirs = memory[name]
        note = f"{ours:.0f} MB, theirs {theirs:.0f} MB; relative distance {apart:.1g}{WHY.get(name, '')}"
        shape = f"{name}, SqueezeNet, {given.photographs} photographs"
        rows.append(row(shape, times[0], "captum", times[1], note=note))
    write(__file__, "Attribution", rows)


if __name__ == "__main__":
    main()
