//! The numbers that merge the signs of a move into its probability.
//!
//! How they were obtained: the signs of the lines marked `dev` in `tests/labelled/lantern.jsonl` were computed by a prototype
//! outside this repository, and a logistic regression (L2 penalty 1) was fitted on them: on each line with all examples,
//! on each with only eight or twelve examples of a move left (so that packs with few are read, too), and on the author's
//! own examples, each left out in turn, some of them turned round by a 'not', some said in another beat. The constant was then
//! moved so that the operating point is a probability of one half. The weights with the model were fitted on scores of
//! Qwen2.5-Coder-1.5B for the same lines. `dramaturg simulate --labelled FILE --split dev --signs` prints the signs as they are
//! computed here: fit on these when a sign is changed.

use super::likened::SENSES;
use super::signals::SIGNS;

/// Constant and weights of the signs, in their order, without the model.
pub(super) const MATCHED: (f32, [f32; SIGNS]) = (
    -5.68,
    [
        2.545, 5.106, 1.763, 2.131, 5.514, 0.406, 0.002, -1.796, -3.366, 1.641, -1.518, 0.443,
        -0.824, -0.681, 1.584, -1.792,
    ],
);

/// Constant and weights with the model: the logarithm of the odds without it, and by how many nats a token the line is
/// likelier as this move than as none, than by itself, and than as anything else.
pub(super) type Asked = (f32, [f32; 4]);

/// Where words were all there was before.
pub(super) const ASKED: Asked = (0.3, [1.0, 0.0, 0.3, 0.97]);

/// Beside an ear, where the last two add nothing that is not in the odds already: of a few sets of weights that were tried on `dev`,
/// the simplest missed the fewest moves at the same number of neutral lines taken for one.
pub(super) const ASKED_HEARD: Asked = (0.3, [1.0, 0.8, 0.0, 0.0]);

/// Constant, weight of what the signs without the model say, and weights of what the line means, where an ear heard it.
pub(super) type Hearing = (f32, f32, [f32; SENSES]);

/// For vectors less what all small talk shares.
///
/// Fitted on the lines marked `dev` of `lantern` and `dead_pledge` by multilingual-e5-small (logistic regression, L2 penalty 3),
/// the constant moved so that one neutral line in a hundred of them, and no more, is granted a move.
pub(super) const MEANT: Hearing =
    (-1.202, 0.857, [0.858, 0.77, -0.054, -1.571, -1.542, -8.008, 0.917]);

/// For recordings of when vectors were compared as they are.
pub(super) const MEANT_UNCENTRED: Hearing =
    (-0.58, 1.081, [0.834, 4.717, 0.413, -3.798, -2.307, -3.317, 0.0]);
