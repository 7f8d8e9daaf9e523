"""BalGrad: let two modalities teach each other, without harm to the task (Kwon et al., NAACL 2025).

Encoders of two modalities feed one head. A second task draws the two modalities' own predictions together (Kullback-Leibler
divergence). Its gradients are first reweighted between modalities, and the main task's gradient is then projected:

    g_kl = (ω_v g_kl^v, ω_l g_kl^l)
    g_T ← g_T - (g_T·g_kl / ‖g_kl‖²) g_kl   where g_T·g_kl < 0

The paper scales by each modality's contribution. We could not see its exact weights; here ω_r = 2 L_r / (L_v + L_l), L_r the
cross-entropy of modality r's own prediction, so that the modality which lags behind is pulled more.
"""

from jaxtyping import Float
from torch import Tensor


def modality_weights(losses: Float[Tensor, "e 2"]) -> Float[Tensor, "e 2"]:
    """Return ω_v and ω_l; they add up to two."""
    return 2 * losses / losses.sum(1, keepdim=True)


def project_task(
    task: Float[Tensor, "e n"], balance: Float[Tensor, "e n"]
) -> tuple[Float[Tensor, "e n"], Float[Tensor, " e"]]:
    """Return the task's gradient without its conflict with `balance`, and g_T·g_kl / (‖g_T‖ ‖g_kl‖) before.

    Raises:
        ValueError: shapes differ.
    """
    if task.shape != balance.shape:
        raise ValueError(f"shapes differ: {tuple(task.shape)} and {tuple(balance.shape)}")
    inner = (task * balance).sum(1, keepdim=True)
    square = balance.square().sum(1, keepdim=True).clamp_min(1e-30)
    cosine = inner / (square.sqrt() * task.norm(dim=1, keepdim=True).clamp_min(1e-30))
    return task - inner.clamp_max(0) / square * balance, cosine[:, 0]
