"""Exercise 08.1, token_values: what people get wrong, other right answers, and the shortest right one."""

from course.base.attempt import Attempts

wrong, right, core = Attempts(), Attempts(), Attempts()

LINE = "return critic(ids).logits.squeeze(-1)[:, prompt_length - 1 : -1]"

wrong("These are the values after each token: the critic has already seen the token that is about to be drawn.", {
    LINE: "return critic(ids).logits.squeeze(-1)[:, prompt_length:]",
})  # fmt: skip

wrong("The prompt's values are among them; its tokens are not drawn.", {LINE: LINE.replace("prompt_length - 1", "")})

wrong("There is one value too many: no token is drawn in the state after the last column.", {
    LINE: "return critic(ids).logits.squeeze(-1)[:, prompt_length - 1 :]",
})  # fmt: skip

wrong("The last dimension, of size 1, is still there; one number for each token is asked for.", {
    LINE: "return critic(ids).logits[:, prompt_length - 1 : -1]",
})  # fmt: skip

wrong("squeeze() without a dimension removes every dimension of size 1, also that of a batch with one text.", {
    LINE: "return critic(ids).logits[:, prompt_length - 1 : -1].squeeze()",
})  # fmt: skip

wrong("The values carry no gradient: the critic cannot learn.", {LINE: LINE + ".detach()"})

wrong("The critic never sees the prompt.", {
    LINE: "return critic(ids[:, prompt_length - 1 :]).logits.squeeze(-1)[:, :-1]",
})  # fmt: skip

wrong("Every token has the value of the prompt: this critic knows nothing of the answer so far.", {
    LINE: "return critic(ids).logits[:, prompt_length - 1 : prompt_length, 0].expand(-1, ids.shape[1] - prompt_length)",
})  # fmt: skip

right("the last dimension is indexed", {LINE: "return critic(ids).logits[:, prompt_length - 1 : -1, -1]"})


@right("the last token is not read at all: no value stands behind it")
def token_values(critic, ids, prompt_length):
    values = critic(ids[:, :-1]).logits[..., 0]
    return values[:, prompt_length - 1 :]


@core("one line")
def token_values_in_one_line(critic, ids, prompt_length):
    return critic(ids).logits[:, prompt_length - 1 : -1, 0]
